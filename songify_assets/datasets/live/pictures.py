"""The pictures of live events: logins by minute and day, how long steps took, and which days differ from the live counts."""

import polars as pl

from songify_assets.orchestration.ui.canvas import COLOURS, bars, canvas, dates, png, short

MOST_STEPS, HEADROOM = 12, 1.25  # of a legend


def minutes_picture(minutes: pl.DataFrame) -> bytes:
    """Logins a minute of a day, from the rows of `live/logins_by_minute`."""
    figure, axes = canvas()
    shown = minutes.group_by("minute").agg(pl.col("events", "users").sum()).sort("minute")
    axes.plot(shown["minute"].to_list(), shown["events"].to_list(), color=COLOURS[0], linewidth=0.8)
    if len(shown):
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(minticks=2, maxticks=8)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        axes.set_ylim(bottom=0)
    day = f"{minutes['login_date'][0]}" if len(minutes) else ""
    axes.set_title(f"Logins a minute, {day} (UTC)" if day else "No data yet")
    return png(figure)


def days_picture(days: pl.DataFrame) -> bytes:
    """Logins a day, those that came in time and those that came late, from the rows of `live/logins_daily`."""
    figure, axes = canvas()
    shown = days.group_by(day="login_date").agg(pl.col("events", "late").sum()).sort("day")
    at, events, late = (shown[name].to_list() for name in ("day", "events", "late"))
    in_time = [all_ - late_ for all_, late_ in zip(events, late, strict=True)]
    bars(axes, at, [0] * len(at), in_time, COLOURS[0], "in time")
    bars(axes, at, in_time, events, COLOURS[5], "late")
    if at:
        axes.set_ylim(0, max(events) * HEADROOM)
        axes.legend(loc="upper left", frameon=False, ncols=2)
        dates(axes, shown)
    axes.set_title("Logins a day" if at else "No data yet")
    return png(figure)


def times_picture(times: pl.DataFrame) -> bytes:
    """Half, 90 % and 99 % of the steps that were taken most on a day, from the rows of `live/step_times`."""
    figure, axes = canvas()
    shown = times.sort("n", "feature", "step", descending=[True, False, False]).head(MOST_STEPS).reverse()
    places = range(len(shown))
    for number, (name, label) in enumerate((("p99_ms", "99 %"), ("p90_ms", "90 %"), ("p50_ms", "half"))):
        axes.barh(places, shown[name].to_list(), color=COLOURS[(5, 1, 0)[number]], label=label)
    axes.set_yticks(places, [short(f"{feature}: {step}") for feature, step in shown.select("feature", "step").rows()])
    if len(shown):
        axes.margins(x=HEADROOM - 1)
        axes.legend(loc="lower right", frameon=False)
    axes.set_title("How long steps took, in ms" if len(shown) else "No data yet")
    return png(figure)


def parity_picture(parity: pl.DataFrame) -> bytes:
    """Events a day as they landed, days that differ from the live counts in red, from the rows of `live/parity`."""
    figure, axes = canvas()
    shown = parity.group_by(day="date").agg(pl.col("batch_events").sum(), pl.col("is_equal").all()).sort("day")
    for is_equal, colour, label in ((True, COLOURS[2], "as counted live"), (False, COLOURS[5], "not as counted live")):
        some = shown.filter(pl.col("is_equal") == is_equal)
        at = some["day"].to_list()
        if at:
            bars(axes, at, [0] * len(at), some["batch_events"].to_list(), colour, label)
    if len(shown):
        axes.set_ylim(0, max(max(shown["batch_events"]), 1) * HEADROOM)
        axes.legend(loc="upper left", frameon=False, ncols=2)
        dates(axes, shown)
    axes.set_title("Events a day, as they landed" if len(shown) else "No data yet")
    return png(figure)
