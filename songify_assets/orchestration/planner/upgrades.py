"""Tables whose columns or definition are others than when they were computed: after an upgrade they are computed again."""

import hashlib
from collections.abc import Mapping

import polars as pl

from songify_assets.foundation.lake import Lake
from songify_assets.foundation.ledger.compacted import compacted
from songify_assets.foundation.ledger.fingerprints import fingerprints, replace_fingerprint
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.nodes import Node

FIRST = "1"  # the code version of what was computed before there were fingerprints


def mark_changed(store: Store, nodes: Mapping[str, Node]) -> list[str]:
    """Marks all partitions of the tables that have changed; says which they are, one line a table.

    What has other columns goes at once, as nothing can read it any more; the warehouse keeps it until it is computed.
    """
    lake, said = store.lake, []
    known = fingerprints(store.ledger)
    for table in (key for key in nodes if key in lake.tables):
        now = fingerprint(nodes[table].code_version, lake.tables[table].columns)
        if known.get(table) == now:
            continue
        there = lake.keys(table)
        keys = sorted({*there, *compacted(store.ledger, table)})
        before = known.get(table) or (now if "" in known else _as_written(lake, table, there) or now)
        if before != now:
            said.append(f"{table}: its definition has changed; {len(keys):,} partitions are computed again.")
        if before.split()[-1] != now.split()[-1]:
            for key in there:
                lake.path(table, key).unlink()
        replace_fingerprint(store.ledger, table, now, keys if before != now else [])
    return said


def fingerprint(code_version: str, columns: pl.Schema) -> str:
    """What tells one definition of a table from another."""
    return f"{code_version} {hashlib.sha256(repr(list(columns.items())).encode()).hexdigest()}"


def _as_written(lake: Lake, table: str, keys: list[str]) -> str:
    """The fingerprint of a table that was computed before there were any, by its newest file."""
    return fingerprint(FIRST, pl.Schema(pl.read_parquet_schema(lake.path(table, keys[-1])))) if keys else ""
