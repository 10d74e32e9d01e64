"""Spark reads a file of which columns were copied as they are stored."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from songify_assets.foundation.carried import Carried
from songify_assets.foundation.engines.spark_lake import SparkLake
from songify_assets.foundation.lake import Lake, Table
from songify_assets.foundation.parquet import sink

pytestmark = pytest.mark.spark
DAY = date(2021, 12, 1)


def test_spark_finds_the_rows_of_a_file_with_carried_columns(session: Callable[[], Any], tmp_path: Path) -> None:
    facts = Table("x/facts", pl.Schema({"day": pl.Date(), "id": pl.String(), "of": pl.String()}), "day")
    delivered = pl.LazyFrame({"record": range(150_000), "id": ["a", None, "é"] * 50_000, "event_date": [DAY] * 150_000})
    sink(delivered, tmp_path / "raw.parquet")
    few = pl.when(pl.col("id") == "a").then(pl.lit("of a")).cast(pl.Categorical)
    frame = pl.scan_parquet(tmp_path / "raw.parquet").select("record", "id", of=few, day="event_date")
    lake = Lake(tmp_path / "lake", [facts])
    carried = Carried.of(tmp_path / "raw.parquet", {"id": "id", "day": "event_date"})
    lake.write("x/facts", frame, [str(DAY)], carried=carried)
    copied = pq.read_metadata(lake.path("x/facts", str(DAY))).row_group(0).column(1)
    assert not copied.has_offset_index
    found = pl.DataFrame(SparkLake(lake, session).scan("x/facts").toArrow())
    expected = lake.scan("x/facts").collect()
    assert_frame_equal(found, expected, check_exact=True, check_row_order=False)
    assert expected.filter(pl.col("of") == "of a").height == 50_000


def test_spark_finds_carried_lists_and_the_rows_that_follow(session: Callable[[], Any], tmp_path: Path) -> None:
    columns = {"id": pl.String(), "titles": pl.List(pl.String)}
    dumped = pl.LazyFrame(
        {"record": range(150_000), "id": [str(n) for n in range(150_000)], "titles": [["a", "é"], [], None] * 50_000},
        schema_overrides={"record": pl.UInt64, **columns},
    )
    sink(dumped, tmp_path / "raw.parquet")
    made, gone = (dumped.select("record", *columns, is_deleted=pl.lit(is_gone)) for is_gone in (False, True))
    lake = Lake(tmp_path / "lake", [Table("x/latest", pl.Schema({**columns, "is_deleted": pl.Boolean()}))])
    carried = Carried.of(tmp_path / "raw.parquet", {name: name for name in columns}, made, gone.head(7))
    lake.write("x/latest", dumped, [""], carried=carried)
    found = pl.DataFrame(SparkLake(lake, session).scan("x/latest").toArrow())
    expected = pl.concat([made, gone.head(7)]).drop("record").collect()
    assert_frame_equal(found, expected, check_exact=True, check_row_order=False)
