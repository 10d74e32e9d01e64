"""What a published table was made of: what has not changed since need not be read from the lake again."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from songify_assets.foundation.lake import version_of

CONTENTS = "warehouse.contents.parquet"
ROWS = pl.Schema(dict.fromkeys(["publication", "table", "definition", "partition", "version"], pl.String()))


@dataclass(frozen=True)
class Contents:
    """How a table was defined (a text that changes with its columns and comments), and its partitions with the version of each file."""

    definition: str
    versions: Mapping[str, str]

    @classmethod
    def of(cls, definition: str, files: Mapping[str, os.stat_result]) -> "Contents":
        """Those of a table that is made of these files."""
        return cls(definition, {key: version_of(state) for key, state in files.items()})

    def unchanged(self, now: "Contents") -> set[str]:
        """The partitions that are still as they were."""
        if self.definition != now.definition:
            return set()
        return {key for key, version in self.versions.items() if now.versions.get(key) == version}


def write_contents(path: Path, publication: str, contents: Mapping[str, Contents]) -> None:
    """Keeps beside a warehouse what its tables are made of; it counts for that publication only."""
    rows: list[tuple[str, str, str, str | None, str | None]] = []
    for table, of_table in contents.items():
        rows += [(publication, table, of_table.definition, key, version) for key, version in of_table.versions.items()]
        rows += [] if of_table.versions else [(publication, table, of_table.definition, None, None)]
    made = path.with_suffix(f".{os.getpid()}")
    pl.DataFrame(rows, schema=ROWS, orient="row").write_parquet(made)
    made.replace(path)


def read_contents(path: Path, publication: str | None) -> dict[str, Contents]:
    """What the tables of a publication are made of; nothing where that is not known, as after a crash between the two."""
    try:
        rows = pl.read_parquet(path, schema=ROWS).filter(pl.col("publication") == pl.lit(publication or ""))
    except (OSError, pl.exceptions.PolarsError):
        return {}
    versions: dict[tuple[str, str], dict[str, str]] = {}
    for _, table, definition, key, version in rows.rows():
        of_table = versions.setdefault((table, definition), {})
        if key is not None:
            of_table[key] = version
    return {table: Contents(definition, of_table) for (table, definition), of_table in versions.items()}
