"""What a generated feed looks like, where it can be hurt, and how one delivery of it is put together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from songify_assets.generator.chance import Index, Mask, uniform
from songify_assets.generator.plan import Plan, Span

CHUNK = 100_000  # records that are in memory at once


@dataclass(frozen=True)
class Feed:
    """One feed. `record` is its JSON text with `$column` for each column; others have none. Those in Parquet have defects of their own."""

    name: str
    style: Literal["csv", "array", "lines", "parquet"]
    record: str = ""
    line_end: str = "\n"
    delimiter: str = ","
    quote_style: Literal["necessary", "non_numeric"] = "necessary"
    has_key: bool = True
    full_dump: bool = True
    # Where the defects go: columns, and what to put in which column.
    key: str = ""
    text: str = ""
    number: str = ""
    impossible: tuple[pl.Expr, ...] = ()
    conflicting: tuple[pl.Expr, ...] = ()


@dataclass(frozen=True)
class Drop:
    """One file of one day: which records it has, and how to make them from their day and index."""

    feed: Feed
    file: str
    day: int
    spans: list[Span]
    build: Callable[[Plan, int, Index], pl.DataFrame]
    present: Callable[[Plan, int, Index], Mask] | None = None
    can_shrink: bool = False


def chunks(plan: Plan, drop: Drop) -> Iterator[tuple[int, Index, pl.DataFrame]]:
    """The records, a chunk at a time, each with its day and indexes; one empty chunk if there are none."""
    empty = True
    lost = plan.share("mass_delete") if drop.can_shrink and drop.day == plan.days - 1 else 0.0
    for span in drop.spans:
        for start in range(span.start, span.stop, CHUNK):
            index = np.arange(start, min(start + CHUNK, span.stop), dtype=np.int64)
            if drop.present is not None:
                index = index[drop.present(plan, span.day, index)]
            if lost:
                index = index[uniform(plan.seed, f"lost {drop.feed.name}", index) >= lost]
            if len(index):
                empty = False
                yield span.day, index, drop.build(plan, span.day, index)
    if empty:  # a CSV file has a header all the same
        index = np.empty(0, dtype=np.int64)
        yield drop.day, index, drop.build(plan, drop.day, index)
