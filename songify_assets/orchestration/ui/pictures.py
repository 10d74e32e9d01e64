"""Pictures that any table or history may have: frames in, PNG out."""

import polars as pl

from songify_assets.foundation.lake import Lake, row_count
from songify_assets.orchestration.ui.canvas import COLOURS
from songify_assets.orchestration.ui.sheet import Panel, Sheet


def daily_picture(days: pl.DataFrame, title: str) -> bytes:
    """Bars a day, from `day` and `rows`."""
    rows = days["rows"].to_list()
    sheet = Sheet(title if len(days) else "No data yet")
    panel = Panel(sheet, 32, 328, days["day"].to_list(), rows)
    panel.bars([0] * len(days), rows, COLOURS[0])
    panel.dates()
    return sheet.png()


def history_picture(changes: pl.DataFrame, title: str) -> bytes:
    """Above the keys that were there on each dump's `day`, below what the dump `added`, `changed` and `deleted`.

    What the first dump added is left out below: it is everything.
    """
    sheet, days, nothing = Sheet(title if len(changes) else "No data yet"), changes["day"].to_list(), [0] * len(changes)
    there = (changes["added"] - changes["deleted"]).cum_sum().to_list()
    Panel(sheet, 32, 160, days, there).steps(there, COLOURS[0])
    added = [0, *changes["added"].to_list()[1:]][: len(days)]
    both = (changes["changed"] + pl.Series(added, dtype=pl.Int64)).to_list()
    deleted = (-changes["deleted"]).to_list()
    below = Panel(sheet, 180, 306, days, [*both, *deleted])
    below.bars(nothing, added, COLOURS[2])
    below.bars(added, both, COLOURS[1])
    below.bars(deleted, nothing, COLOURS[5])
    below.dates()
    sheet.text(2, 24, "keys", "lm")
    sheet.text(2, 172, "records", "lm")
    sheet.legend({"added": COLOURS[2], "changed": COLOURS[1], "deleted": COLOURS[5]})
    return sheet.png()


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
