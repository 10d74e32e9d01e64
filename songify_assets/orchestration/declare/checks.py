"""How a dataset declares what must be true of its tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

Severity = Literal["warn", "error"]


@dataclass(frozen=True)
class Check:
    """A truth about a table: `offenders` maps the frames of the table and of the tables it `reads` to the rows that break it.

    What it returns keeps the table's partition column, so that each partition has a verdict of its own. A warning shows what
    is odd but possible, until more than the share `error_above` of the rows is odd; an error is wrong, and a blocking one
    keeps what depends on that partition from running. With `needs_store` the function also gets the store; `summary` says in
    words what the offending rows of a partition come to.
    """

    table: str
    name: str
    description: str
    offenders: Callable[..., pl.LazyFrame]
    reads: Sequence[str] = ()
    severity: Severity = "warn"
    blocking: bool = False
    error_above: float = 1
    needs_store: bool = False
    summary: Callable[[pl.DataFrame], str] | None = None
