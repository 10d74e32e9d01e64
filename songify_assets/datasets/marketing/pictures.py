"""The pictures of attribution: what channels cost and are given, and the paths that sell."""

import polars as pl

from songify_assets.orchestration.ui.canvas import COLOURS, canvas, png, short

MODELS = ("first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley", "markov")
MOST_CHANNELS, WIDTH = 6, 0.1
MOST_PATHS, LONGEST_PATH = 10, 36


def channels_picture(attribution: pl.DataFrame) -> bytes:
    """Cost and value of a month's channels side by side, a bar a model, in the currency that has most value."""
    figure, axes = canvas()
    largest = (
        attribution.group_by("currency")
        .agg(pl.col("value_minor", "cost_minor").sum())
        .sort("value_minor", "cost_minor", "currency")
    )
    for currency in largest.tail(1)["currency"]:
        own = attribution.filter(pl.col("currency") == currency)
        order = (
            own.group_by("channel")
            .agg(pl.col("value_minor", "cost_minor").sum())
            .sort("value_minor", "cost_minor", "channel")
        )
        channels = order["channel"].to_list()[-MOST_CHANNELS:][::-1]
        known = {
            (model, channel): value
            for model, channel, value in own.select("model", "channel", "value_minor").iter_rows()
        }
        costs = dict(own.select("channel", "cost_minor").unique().iter_rows())
        series = [("cost", [costs[channel] for channel in channels])]
        series += [(model, [known.get((model, channel), 0) for channel in channels]) for model in MODELS]
        for number, (name, heights) in enumerate(series):
            colour = COLOURS[-1] if name == "cost" else COLOURS[number - 1]
            axes.bar([at + WIDTH * number for at in range(len(channels))], heights, WIDTH, color=colour, label=name)
        axes.set_xticks(
            [at + WIDTH * len(MODELS) / 2 for at in range(len(channels))], [short(channel) for channel in channels]
        )
        axes.margins(y=0.25)
        axes.legend(frameon=False, fontsize=6, ncols=4, loc="upper center")
        month = own["month"][0]
        axes.set_title(f"What channels cost and are given in {month:%Y-%m}, {currency} in minor units")
    if largest.is_empty():
        axes.set_title("No data yet")
    return png(figure)


def paths_picture(credits: pl.DataFrame) -> bytes:
    """The paths that led to most sales of a day, from the rows of `marketing/credits`; touches of one channel in a row are told once."""
    figure, axes = canvas()
    steps = credits.filter(pl.col("model") == "linear").sort("conversion_key", "position")
    paths = steps.group_by("conversion_key", maintain_order=True).agg(
        path=pl.col("channel").filter((pl.col("channel") != pl.col("channel").shift(1)).fill_null(True))
    )
    counts = (
        paths.group_by(pl.col("path").list.join(" > "))
        .agg(sales=pl.len())
        .sort("sales", "path", descending=[False, True])
    )
    shown = counts.tail(MOST_PATHS)
    bars = axes.barh(range(len(shown)), shown["sales"].to_list(), color=COLOURS[0])
    axes.bar_label(bars, labels=[f"{sales:,}" for sales in shown["sales"]], fontsize=7)
    axes.set_yticks(range(len(shown)), [cut(path) for path in shown["path"]], fontsize=7)
    axes.set_title(
        f"Paths of {len(paths):,} sales of the day, by channel" if len(paths) else "No data yet", loc="right"
    )
    return png(figure)


def cut(path: str) -> str:
    """A path that fits beside a bar."""
    return path if len(path) <= LONGEST_PATH else f"{path[:LONGEST_PATH]}…"
