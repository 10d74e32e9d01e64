"""Parquet files that rows are streamed to: one, one for each partition, or one that takes over columns of another."""

from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from polars.io.partition import FileProviderArgs

from songify_assets.foundation.carried import Carried, assembled

ROW_GROUP = 125_000
# A table that a query names twice is read twice: reading it once for both holds it in memory until both have used it.
READ_AGAIN = pl.QueryOptFlags(comm_subplan_elim=False)


def sink(frame: pl.LazyFrame, path: Path, row_group: int = ROW_GROUP) -> None:
    """Streams a frame to a Parquet file."""
    frame.sink_parquet(
        path, compression="zstd", compression_level=1, row_group_size=row_group, optimizations=READ_AGAIN
    )


def row_count(path: Path) -> int:
    """The rows of a Parquet file, from its footer."""
    return int(pq.read_metadata(path).num_rows)


def with_carried(frame: pl.LazyFrame, columns: pl.Schema, carried: Carried, staged: Path) -> Path | None:
    """A file with the frame's rows, of which only the columns that are not carried are computed; None where that cannot be."""
    more, target = staged / "more.parquet", staged / "assembled.parquet"
    made = {staged / f"made-{at}.parquet": one for at, one in enumerate(carried.others(frame, columns))}
    rest = pl.LazyFrame(schema=columns) if carried.more is None else carried.more.select(columns.names()).cast(columns)
    for path, others in {**made, more: rest}.items():
        sink(others, path)
    return target if assembled(carried, list(made), more, target) else None


def split(frame: pl.LazyFrame, columns: pl.Schema, by: str, staged: Path, keys: list[str]) -> dict[str, Path]:
    """A file for each partition, side by side: making and removing a folder for each would take longer than small files."""
    written: dict[str, list[Path]] = {key: [] for key in keys}

    def place(part: FileProviderArgs) -> Path:
        files = written[str(part.partition_keys.item())]
        files.append(staged / f"{part.partition_keys.item()}-{part.index_in_partition:08}.parquet")
        return files[-1]

    target = pl.PartitionBy(staged, key=pl.col(by).alias("__key"), include_key=False, file_path_provider=place)
    frame.sink_parquet(
        target, compression="zstd", compression_level=1, row_group_size=ROW_GROUP, optimizations=READ_AGAIN
    )
    parts = {key: files[0] if len(files) == 1 else staged / f"{key}.parquet" for key, files in written.items()}
    for key, files in written.items():
        if not files:
            sink(pl.LazyFrame(schema=columns), parts[key])
        elif len(files) > 1:
            sink(pl.scan_parquet(sorted(files), hive_partitioning=False), parts[key])
    return parts
