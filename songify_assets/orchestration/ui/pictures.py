"""Pictures that any table or history may have: frames in, PNG out."""

import polars as pl

from songify_assets.foundation.lake import Lake
from songify_assets.foundation.parquet import row_count
from songify_assets.orchestration.ui.canvas import COLOURS, bars, dates, panels, png

# Finding the room that labels need takes as long as drawing; where they are known it is given.
MARGINS = {"left": 0.1, "right": 0.97, "top": 0.92, "bottom": 0.16}


def daily_picture(days: pl.DataFrame, title: str) -> bytes:
    """Bars a day, from `day` and `rows`."""
    figure, (axes,) = panels(1, **MARGINS)
    bars(axes, days["day"].to_list(), [0] * len(days), days["rows"].to_list(), COLOURS[0])
    axes.set_ylim(bottom=0)
    dates(axes, days)
    axes.set_title(title if len(days) else "No data yet")
    return png(figure)


def history_picture(changes: pl.DataFrame, title: str) -> bytes:
    """Above the keys that were there on each dump's `day`, below what the dump `added`, `changed` and `deleted`.

    What the first dump added is left out below: it is everything.
    """
    figure, (keys, axes) = panels(2, **MARGINS, hspace=0.15)
    days, nothing = changes["day"].to_list(), [0] * len(changes)
    added = [0, *changes["added"].to_list()[1:]][: len(days)]
    bars(axes, days, nothing, added, COLOURS[2], "added")
    bars(axes, days, added, (changes["changed"] + pl.Series(added, dtype=pl.Int64)).to_list(), COLOURS[1], "changed")
    bars(axes, days, (-changes["deleted"]).to_list(), nothing, COLOURS[5], "deleted")
    axes.axhline(0, color="black", linewidth=0.5)
    dates(axes, changes)
    axes.legend(loc="upper left", ncols=3, frameon=False, bbox_to_anchor=(0, -0.2))
    axes.set_ylabel("records")
    there = (changes["added"] - changes["deleted"]).cum_sum().to_list()
    keys.step(days, there, where="post", marker=".", color=COLOURS[0])
    keys.set_ylim(0, 1.1 * max([1, *there]))
    keys.set_ylabel("keys")
    keys.sharex(axes)
    keys.tick_params(labelbottom=False)
    keys.set_title(title if days else "No data yet")
    return png(figure)


def rows_per_day(lake: Lake, table: str, last: int = 90) -> pl.DataFrame:
    """The rows of the newest partitions of a daily table: `day`, `rows`."""
    counts = [(key, row_count(lake.path(table, key))) for key in lake.keys(table)[-last:]]
    frame = pl.DataFrame(counts, schema={"day": pl.String(), "rows": pl.Int64()}, orient="row")
    return frame.with_columns(pl.col("day").str.to_date())


def changes_per_dump(lake: Lake, history: str) -> pl.DataFrame:
    """What each accepted dump changed: `day`, `added`, `changed`, `deleted`."""
    events = ("added", "changed", "deleted")
    counts = [(pl.col("event") == event).sum().cast(pl.Int64).alias(event) for event in events]
    grouped = lake.scan(history).group_by(pl.col("delivered_on").alias("day")).agg(counts)
    return grouped.sort("day").collect(engine="streaming")
