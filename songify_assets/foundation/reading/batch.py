"""What every format is read into."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

REFUSED = pl.Schema({"record": pl.UInt64(), "reasons": pl.List(pl.String), "raw": pl.String()})


@dataclass(frozen=True)
class Batch:
    """Some records of a file, in file order.

    `records` has the column `record` (1-based position in the file, a header not counted) and a column for each field:
    texts, or lists of texts for a JSON path with `[*]`. `refused` has `record`, `reasons` and `raw`. `raw_of` gives the
    raw text of records by their numbers, for those refused later.
    """

    records: pl.DataFrame
    refused: pl.DataFrame
    received: int
    raw_of: Callable[[pl.Series], pl.Series]
