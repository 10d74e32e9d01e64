"""The picture of what moved on playlists."""

import polars as pl

from songify_assets.datasets.playlists.tables.logs import MOVES
from songify_assets.orchestration.ui.canvas import COLOURS, bars, canvas, dates, png


def movers_picture(movers: pl.DataFrame) -> bytes:
    """Videos that entered, left, rose and fell each day, one bar on the other, from the rows of `playlists/movers`."""
    figure, axes = canvas()
    days = sorted(movers["day"].unique())
    counts = movers.group_by("day", "move").len().pivot("move", index="day", values="len").sort("day")
    below = [0] * len(days)
    for colour, move in zip(COLOURS, MOVES, strict=False):
        if move != "stayed" and move in counts.columns:
            heights = counts[move].fill_null(0).to_list()
            bars(axes, days, below, heights, colour, move)
            below = [low + high for low, high in zip(below, heights, strict=True)]
    if days:
        axes.legend(loc="upper left", frameon=False)
        dates(axes, counts)
    axes.set_title("Videos that moved on playlists, a day" if days else "No data yet")
    return png(figure)
