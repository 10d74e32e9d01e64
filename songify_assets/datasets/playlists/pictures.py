"""The pictures of what moved on playlists, and of how many videos have their recording."""

import polars as pl

from songify_assets.orchestration.ui.canvas import COLOURS, bars, canvas, dates, png

MOVES = ("entered", "left", "rose", "fell")
STATES = ("matched", "ambiguous", "other_version", "unmatched")


def movers_picture(movers: pl.DataFrame) -> bytes:
    """Videos that entered, left, rose and fell each day, one bar on the other, from how many did what each day."""
    figure, axes = canvas()
    counts = movers.pivot("move", index="day", values="rows").sort("day")
    days = counts["day"].to_list()
    below, moves = [0] * len(days), [move for move in MOVES if move in counts.columns]
    for move in moves:
        heights = counts[move].fill_null(0).to_list()
        bars(axes, days, below, heights, COLOURS[MOVES.index(move)], move)
        below = [low + high for low, high in zip(below, heights, strict=True)]
    if moves:
        axes.legend(loc="upper left", frameon=False)
    if days:
        dates(axes, counts)
    axes.set_title("Videos that moved on playlists, a day" if days else "No data yet")
    return png(figure)


def matches_picture(matches: pl.DataFrame) -> bytes:
    """Videos in each state as bars, from how many there are."""
    figure, axes = canvas()
    counts = dict(matches.select("state", "rows").iter_rows())
    heights = [counts.get(state, 0) for state in STATES]
    shown = axes.bar(STATES, heights, color=COLOURS[: len(STATES)])
    axes.bar_label(shown)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(f"Which recording {sum(heights):,} videos are" if any(heights) else "No data yet")
    return png(figure)
