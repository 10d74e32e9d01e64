"""The picture of what was played day by day."""

import polars as pl

from songify_assets.orchestration.ui.canvas import COLOURS, bars, canvas, dates, png


def totals_picture(totals: pl.DataFrame) -> bytes:
    """Plays a day as bars, and users a day as a line, from the rows of `listening/daily_totals`."""
    figure, axes = canvas()
    shown = totals.sort("date").tail(90)
    days = shown["date"].to_list()
    bars(axes, days, [0] * len(days), shown["plays"].to_list(), COLOURS[4], "songs played")
    if days:
        users = axes.twinx()
        users.plot(days, shown["users"].to_list(), color=COLOURS[5], marker=".", label="users (right)")
        users.set_ylim(bottom=0)
        users.spines["top"].set_visible(False)
        lines = [*axes.get_legend_handles_labels()[0], *users.get_legend_handles_labels()[0]]
        axes.legend(handles=lines, loc="upper left", frameon=False)
        dates(axes, shown.rename({"date": "day"}))
    axes.set_title("Songs played and users a day" if days else "No data yet")
    return png(figure)
