"""The tables that every feed gets by itself, and the quarantine of all."""

from datetime import date

import polars as pl

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.lake import Table
from songify_assets.foundation.versions import differences as history

CODE_VERSION = "2"  # of raw tables: raise it when the same bytes would be read otherwise
REFUSED = pl.Schema(
    {
        "feed": pl.String(),
        "delivered_on": pl.Date(),
        "file": pl.String(),
        "record": pl.UInt64(),
        "reasons": pl.List(pl.String),
        "raw": pl.String(),
        "quarantined_at": pl.Datetime("us", "UTC"),
    }
)
QUARANTINE = Table("quarantine/rows", REFUSED, "delivery")


def raw_columns(feed: Feed) -> pl.Schema:
    """The columns of a raw table: position in the delivery, the kept columns, the event date of an event, the delivery date."""
    events = {} if feed.is_dump else {"event_date": pl.Date()}
    return pl.Schema({"record": pl.UInt64(), **feed.columns, **events, "delivered_on": pl.Date()})


def feed_tables(feed: Feed) -> list[Table]:
    """The tables that a feed gets by itself."""
    tables = [Table(feed.raw, raw_columns(feed), "delivered_on")]
    if feed.is_dump:
        tables += [
            Table(feed.history, history.history_columns(feed.columns), "delivered_on"),
            Table(feed.table, history.latest_columns(feed.columns)),
        ]
    return tables


def quarantine_key(feed: str, delivered_on: date) -> str:
    """The partition of the quarantine that holds a delivery's refused rows."""
    return f"{feed}@{delivered_on}"
