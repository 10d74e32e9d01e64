"""What Spark writes lies where Polars would have written it, one file a partition, and counts only when all of it is there."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from songify_assets.foundation.engines.spark_lake import SparkLake
from songify_assets.foundation.lake import Lake, Table

pytestmark = pytest.mark.spark
DAYS = ["2021-12-01", "2021-12-02", "2021-12-03"]
NUMBERS = Table(
    "some/numbers", pl.Schema({"day": pl.Date(), "number": pl.Int64(), "at": pl.Datetime("us", "UTC")}), "day"
)


@pytest.fixture
def lake(tmp_path: Path, session: Callable[[], Any]) -> SparkLake:
    return SparkLake(Lake(tmp_path / "a lake{1}", [NUMBERS]), session)


def numbers(lake: SparkLake, times: int = 1) -> Any:
    """Numbers of two days in three partitions of Spark."""
    sql = "date'2021-12-01' + cast(id % 2 as int) AS day, cast(1000 - id AS int) AS number, timestamp'2021-12-01 23:59:59.123456' AS at"
    return lake.session().range(0, 1000 * times, 1, 3).selectExpr(*sql.split(", "))


def test_the_files_of_a_partition_become_one_with_all_rows(lake: SparkLake) -> None:
    one_day = numbers(lake).where("day = '2021-12-01'")
    assert lake.write("some/numbers", one_day, DAYS[:1]) == {DAYS[0]: 500}
    file = lake.path("some/numbers", DAYS[0])
    assert [path.name for path in file.parent.iterdir()] == ["part-0.parquet"]
    assert pq.ParquetFile(file).num_row_groups == 3
    assert sorted(Lake.scan(lake, "some/numbers").collect()["number"]) == list(range(2, 1001, 2))


def test_partitions_are_replaced_and_one_without_rows_is_an_empty_file(lake: SparkLake) -> None:
    assert lake.write("some/numbers", numbers(lake), DAYS) == {DAYS[0]: 500, DAYS[1]: 500, DAYS[2]: 0}
    assert lake.write("some/numbers", numbers(lake).where("number > 998"), DAYS) == {DAYS[0]: 1, DAYS[1]: 1, DAYS[2]: 0}
    found = Lake.scan(lake, "some/numbers").collect()
    assert found.schema == NUMBERS.columns
    assert found["number"].to_list() == [1000, 999]
    assert str(found["at"][0]) == "2021-12-01 23:59:59.123456+00:00"
    assert lake.scan("some/numbers").toArrow().num_rows == 2
    assert list((lake.root / ".staging").iterdir()) == []


def test_sorted_rows_stay_in_order_over_several_days(lake: SparkLake) -> None:
    lake.write("some/numbers", numbers(lake).sort("day", "number"), DAYS)
    for day in DAYS[:2]:
        assert Lake.scan(lake, "some/numbers", [day]).collect()["number"].is_sorted()


def test_a_job_that_fails_changes_nothing(lake: SparkLake) -> None:
    lake.write("some/numbers", numbers(lake), DAYS)
    before = lake.versions("some/numbers")
    broken = numbers(lake).selectExpr(
        "day", "CASE WHEN number = 1 THEN raise_error('broken') ELSE number END AS number", "at"
    )
    with pytest.raises(Exception, match="broken"):
        lake.write("some/numbers", broken, DAYS)
    assert lake.versions("some/numbers") == before
    assert date(2021, 12, 1) in Lake.scan(lake, "some/numbers").collect()["day"].to_list()
    assert list((lake.root / ".staging").iterdir()) == []
