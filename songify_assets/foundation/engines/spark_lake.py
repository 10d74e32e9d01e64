"""The lake, scanned and written by Spark: executors write beside the tables, the driver puts into place."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow.parquet as pq

from songify_assets.foundation.carried import Carried
from songify_assets.foundation.engines.spark_types import spark_schema, spark_type
from songify_assets.foundation.lake import Lake, Table
from songify_assets.foundation.parquet import sink

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

KEY = "__key"


class SparkLake(Lake):
    """All tables below a folder that each worker sees under the same path."""

    engine = "spark"

    def __init__(self, lake: Lake, session: Callable[[], "SparkSession"]) -> None:
        """`session` is asked when something is scanned for the first time."""
        super().__init__(lake.root, lake.tables.values(), lake.replacing)
        self.session = session

    def scan(self, table: str, keys: Iterable[str] | None = None) -> Any:
        """The rows of these partitions (None: of all) as a frame of Spark; those that were never written have none."""
        schema, files = spark_schema(self.tables[table].columns), self.written(table, keys)
        if not files:
            return self.session().createDataFrame([], schema)
        # Without recursion, Spark would take the folders' names for columns.
        reader = self.session().read.schema(schema).option("recursiveFileLookup", "true")
        return reader.parquet(*(_address(re.sub(r"([\\{}*?[\]])", r"\\\1", file)) for file in files))

    def computed(
        self, frame: Any, table: Table, keys: list[str], staged: Path, carried: Carried | None = None
    ) -> dict[str, Path]:
        """A file with the frame's rows for each of these partitions; Spark has finished with it, and carries nothing."""
        from pyspark.sql import functions as f

        typed = frame.select(*(f.col(name).cast(spark_type(dtype)) for name, dtype in table.columns.items()))
        target, column = staged / "spark", table.partition_column
        if column:
            typed = typed.where(f.col(column).isin([date.fromisoformat(key) for key in keys]))
        if len(keys) == 1:
            typed.write.parquet(_address(target))
            return {keys[0]: self._one(target, table, staged / "part.parquet")}
        split = typed.withColumn(KEY, f.date_format(column or "", "yyyy-MM-dd"))
        # Rows that have no order are gathered by day, the largest days in several files; sorted ones are gathered by that.
        gathered = split if _is_sorted(frame) else split.hint("rebalance", KEY)
        gathered.write.partitionBy(KEY).parquet(_address(target))
        return {key: self._one(target / f"{KEY}={key}", table, staged / f"{key}.parquet") for key in keys}

    def _one(self, folder: Path, table: Table, otherwise: Path) -> Path:
        """The one file of what was written to a folder."""
        files = sorted(folder.glob("part-*.parquet"))
        if len(files) == 1 and not any(dtype == pl.Enum for dtype in table.columns.values()):
            return files[0]
        sink(pl.LazyFrame(schema=table.columns), otherwise)
        if files and _is_remote(self.session()):
            rows = pl.scan_parquet(files, hive_partitioning=False)
            sink(rows.select(pl.col(name).cast(dtype) for name, dtype in table.columns.items()), otherwise)
        elif files:
            # Polars reads its own types, such as Enum, from what it says of itself in a file without rows.
            told = pq.read_metadata(otherwise).metadata or {}
            _append(self.session(), files, otherwise, {name.decode(): text.decode() for name, text in told.items()})
        return otherwise


def _address(path: Path | str) -> str:
    """A path as Hadoop takes it: as it stands, where a URI would have `=` and blanks in codes."""
    return f"file://{path}"


def _is_sorted(frame: "DataFrame") -> bool:
    """Whether the last that happens to a frame is that it is sorted."""
    plan: Any = frame
    if _is_remote(frame):
        return type(plan._plan).__name__ == "Sort"
    return bool(plan._jdf.queryExecution().logical().getClass().getSimpleName() == "Sort")


def _is_remote(native: "DataFrame | SparkSession") -> bool:
    """Whether a frame or session is one of Spark Connect, whose Java is elsewhere."""
    return ".connect." in type(native).__module__


def _append(spark: "SparkSession", files: list[Path], target: Path, told: dict[str, str]) -> None:
    """Writes the row groups of Parquet files into one, in order and as they are: nothing is decoded. `told` is said of it."""
    jvm: Any = spark._jvm
    hadoop, parquet = jvm.org.apache.hadoop, jvm.org.apache.parquet.hadoop
    settings = spark.sparkContext._jsc.hadoopConfiguration()

    def path(file: Path) -> Any:
        return hadoop.fs.Path(_address(file))

    inputs = [parquet.util.HadoopInputFile.fromPath(path(file), settings) for file in files]
    first = parquet.ParquetFileReader.open(inputs[0])
    schema = first.getFooter().getFileMetaData().getSchema()
    first.close()
    output = parquet.util.HadoopOutputFile.fromPath(path(target), settings)
    # No row group is made here, so none is padded; the numbers are Parquet's own defaults.
    mode = parquet.ParquetFileWriter.Mode.OVERWRITE
    writer = parquet.ParquetFileWriter(output, schema, mode, 128 << 20, 8 << 20)
    writer.start()
    for one in inputs:
        writer.appendFile(one)
    writer.end(told)
