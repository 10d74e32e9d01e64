"""Files of one JSON object each, of which a delivery may have many: they are parsed together, as if they were one file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl

from songify_assets.foundation.reading.batch import Batch
from songify_assets.foundation.reading.json import batch_of
from songify_assets.foundation.reading.json_sql import expanded, top_name

SMALL = 2**16


def lone_object(path: Path, fields: Mapping[str, str]) -> bytes | None:
    """The text of a small file that holds one record and nothing else; None for any other file."""
    if path.stat().st_size > SMALL:
        return None
    text = path.read_bytes().strip()
    try:
        value = json.loads(text.decode()) if text.startswith(b"{") else None
    except (ValueError, RecursionError):
        return None
    is_record = isinstance(value, dict) and not value.keys().isdisjoint(map(top_name, expanded(fields).values()))
    return text if is_record else None


def read_lone(texts: Sequence[bytes], fields: Mapping[str, str], database: duckdb.DuckDBPyConnection) -> Batch:
    """The records of such files, one a file."""
    return batch_of(pl.Series("raw", texts, dtype=pl.Binary), fields, database)
