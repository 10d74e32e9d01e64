"""The pictures of how products are used: time a day, and funnels."""

import polars as pl

from songify_assets.orchestration.ui.canvas import COLOURS, canvas, dates, panels, png, short

MOST_DAYS, SHOWN_DAYS, MOST_BARS = 180, 28, 12
MINUTE = 60


def use_picture(use: pl.DataFrame) -> bytes:
    """Minutes a user and the usual length of a session over time, a panel a product, from `engagement/use_time_daily`."""
    products = use["product"].unique().sort().to_list()
    figure, all_axes = panels(max(1, len(products)))
    figure.set_layout_engine("constrained")
    for product, axes in zip(products, all_axes, strict=False):
        shown = use.filter(pl.col("product") == product).sort("date").tail(MOST_DAYS)
        days = shown["date"].to_list()
        lines = {
            "a user": "seconds_per_user",
            "median session": "median_session_s",
            "average session": "average_session_s",
        }
        for number, (label, column) in enumerate(lines.items()):
            axes.plot(days, (shown[column] / MINUTE).to_list(), color=COLOURS[number], label=label)
        axes.set_ylim(bottom=0)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        axes.set_title(f"Minutes a day of {product}; {shown['sessions'].sum():,} sessions")
        dates(axes, shown.rename({"date": "day"}))
    if not products:
        all_axes[0].set_title("No data yet")
    return png(figure)


def funnel_picture(totals: pl.DataFrame) -> bytes:
    """How many entries of the last 28 days reached each step, with the median time to the next, from `engagement/funnel_totals`."""
    figure, axes = canvas()
    shown = totals.filter(pl.col("days") == SHOWN_DAYS).sort("product", "funnel", "step").head(MOST_BARS)
    labels = [f"{short(row['funnel'])} {row['step']}: {short(row['step_name'])}" for row in shown.iter_rows(named=True)]
    left = [0] * len(shown)
    for number, state in enumerate(("converted", "open", "dropped")):
        width = shown[state].to_list()
        axes.barh(range(len(shown)), width, left=left, color=COLOURS[(2, 4, 8)[number]], label=state)
        left = [begin + more for begin, more in zip(left, width, strict=True)]
    for place, row in enumerate(shown.iter_rows(named=True)):
        share = "" if row["completion"] is None else f" {row['completion']:.0%} went on"
        last = shown.filter(pl.col("funnel") == row["funnel"])["step"].max() == row["step"]
        took = "" if row["p50_s"] is None else f", half within {_time(row['p50_s'])}"
        axes.text(
            left[place],
            place,
            f" {row['entered']:,} entered" if last else f" {row['entered']:,}:{share}{took}",
            va="center",
        )
    axes.set_yticks(range(len(shown)), labels)
    axes.invert_yaxis()
    if len(shown):
        axes.set_xlim(0, max(left) * 2 or 1)
        axes.legend(loc="lower right", frameon=False)
    axes.set_title(f"Funnels of the last {SHOWN_DAYS} days, entries by step" if len(shown) else "No data yet")
    return png(figure)


def _time(seconds: float) -> str:
    """A time in its usual unit.

    >>> _time(42), _time(600), _time(7200), _time(180000)
    ('42 s', '10 min', '2.0 h', '2.1 days')
    """
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
