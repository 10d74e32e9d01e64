"""What a published table was made of: what has not changed since need not be read from the lake again."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

ROWS = pl.Schema(
    {"table": pl.String(), "definition": pl.String(), "partition": pl.String(), "file_version": pl.String()}
)


@dataclass(frozen=True)
class Contents:
    """How a table was defined (a text that changes with its columns and comments), and its partitions with the version of each file."""

    definition: str
    versions: Mapping[str, str]

    @classmethod
    def of(cls, definition: str, files: Mapping[str, os.stat_result]) -> "Contents":
        """Those of a table that is made of these files."""
        return cls(definition, {key: f"{at.st_ino}-{at.st_mtime_ns}-{at.st_size}" for key, at in files.items()})

    def unchanged(self, now: "Contents") -> set[str]:
        """The partitions that are still as they were."""
        if self.definition != now.definition:
            return set()
        return {key for key, version in self.versions.items() if now.versions.get(key) == version}


def rows_of(contents: Mapping[str, Contents]) -> pl.DataFrame:
    """Contents of tables as rows (`ROWS`); a table without partitions has one with neither partition nor version."""
    rows: list[tuple[str, str, str | None, str | None]] = []
    for name, of_table in contents.items():
        table = name.replace("/", ".")
        rows += [(table, of_table.definition, key, version) for key, version in of_table.versions.items()]
        rows += [] if of_table.versions else [(table, of_table.definition, None, None)]
    return pl.DataFrame(rows, schema=ROWS, orient="row")


def contents_of(rows: list[tuple[str, str, str | None, str | None]]) -> dict[str, Contents]:
    """The contents that `rows_of` gave these rows."""
    versions: dict[tuple[str, str], dict[str, str]] = {}
    for table, definition, key, version in rows:
        of_table = versions.setdefault((table.replace(".", "/"), definition), {})
        if key is not None and version is not None:
            of_table[key] = version
    return {table: Contents(definition, of_table) for (table, definition), of_table in versions.items()}


def published_before(connection: duckdb.DuckDBPyConnection) -> dict[str, Contents]:
    """What the tables of the warehouse attached as `before` were made of; nothing where it is older than this, or damaged."""
    try:
        return contents_of(connection.execute("FROM before.meta.partitions").fetchall())
    except duckdb.Error:
        return {}
