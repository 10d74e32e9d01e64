"""From a plain file to batches of text records, in constant memory; records that are structurally broken stand apart."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from songify_assets.foundation.reading.batch import Batch
from songify_assets.foundation.reading.csv import read_csv
from songify_assets.foundation.reading.json import read_json

__all__ = ["Batch", "read"]


def read(path: Path, format: Literal["csv", "json"], fields: Mapping[str, str], where: str) -> Iterator[Batch]:
    """Reads the records of a file; `fields` maps columns to CSV headers or JSON paths, `where` names the file in errors.

    Raises UnreadableFile when it cannot be read at all, possibly after some batches (a truncated JSON array).
    """
    return read_csv(path, fields, where) if format == "csv" else read_json(path, fields, where)
