"""What the bytes alone cost: each file of a folder is read whole, as text, and written as Parquet; no rule, key, check or table.

CSV is read by Polars, JSON by DuckDB, which are the fastest libraries that there are for these: `python -m bench.peers.floor INPUT OUTPUT`.
"""

import sys
from pathlib import Path

import duckdb
import polars as pl

from bench.peers.reviews import WRITTEN


def main(source: Path, target: Path) -> None:
    """Writes a Parquet file for each CSV, JSON and Parquet file."""
    for number, file in enumerate(sorted(path for path in source.rglob("*") if path.is_file())):
        written = target / f"{number}.parquet"
        if file.suffix == ".json":
            rows = f"read_json('{file}', maximum_depth = 1, maximum_object_size = 100000000)"
            duckdb.sql(f"COPY (FROM {rows}) TO '{written}' {WRITTEN}")
        else:
            is_csv = file.suffix == ".csv"
            rows = (
                pl.scan_csv(file, infer_schema=False, truncate_ragged_lines=True) if is_csv else pl.scan_parquet(file)
            )
            rows.sink_parquet(written, compression="zstd", compression_level=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
