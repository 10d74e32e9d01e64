"""The picture of attribution: what channels cost and what each model gives them."""

import polars as pl

from songify_assets.orchestration.ui.canvas import COLOURS, canvas, png, short

MODELS = ("first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley", "markov")
MOST_CHANNELS, WIDTH = 6, 0.1


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
        axes.legend(frameon=False, fontsize=6, ncols=2)
        month = own["month"][0]
        axes.set_title(f"What channels cost and are given in {month:%Y-%m}, {currency} in minor units")
    if largest.is_empty():
        axes.set_title("No data yet")
    return png(figure)
