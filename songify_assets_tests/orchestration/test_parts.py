"""A run of many partitions that computes them a few at a time writes what one query over all of them writes."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from songify_assets.foundation.lake import Lake, Table
from songify_assets.foundation.parts import Parts
from songify_assets.generator import generate
from songify_assets.orchestration.assets import frames
from songify_assets_tests.in_process import InProcess

DAYS = 5
SEVERAL = {"engagement/user_days", "engagement/session_lengths", "engagement/feature_users"}


def test_partitions_computed_one_by_one_are_those_of_one_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    together, apart = InProcess(tmp_path / "together"), InProcess(tmp_path / "apart")
    for product in (together, apart):
        generate(product.home / "drops", days=DAYS, scale=0.3, sources=["listening"])
    expected = together.load().exit_status
    written: dict[str, int] = {}
    computed = Lake.computed

    def counted(lake: Lake, frame: object, table: Table, keys: list[str], *others: Any) -> dict[str, Path]:
        if isinstance(frame, Parts):
            written[table.name] = len(frame.frames)
            assert [key for part, _ in frame.frames for key in part] == keys
        return computed(lake, frame, table, keys, *others)

    monkeypatch.setattr(Lake, "computed", counted)
    monkeypatch.setattr(frames, "LEAST_BYTES", 0)
    report = apart.load()
    assert (report.exit_status, report.outcome.failures) == (expected, [])
    assert written.keys() >= SEVERAL, written
    assert written["engagement/user_days"] == DAYS
    assert rows(apart.home) == rows(together.home)


def rows(home: Path) -> dict[str, list[str]]:
    """The rows of each partition of the lake, in any order."""
    files = {file.relative_to(home): file for file in (home / "lake").glob("[a-z]*/**/part-0.parquet")}
    return {
        str(place): sorted(
            map(str, pl.read_parquet(file, hive_partitioning=False).drop("quarantined_at", strict=False).rows())
        )
        for place, file in files.items()
    }


def test_a_part_that_fails_replaces_nothing(tmp_path: Path):
    days = [f"2021-12-0{day}" for day in range(1, 5)]
    columns = pl.Schema({"day": pl.Date(), "n": pl.Int64()})
    lake = Lake(tmp_path, [Table("some/numbers", columns, "day")])
    one = [
        (day, pl.LazyFrame({"day": [day], "n": [number]}).with_columns(pl.col("day").str.to_date()))
        for number, day in enumerate(days)
    ]
    assert lake.write("some/numbers", Parts([([day], frame) for day, frame in one]), days) == dict.fromkeys(days, 1)
    broken = one[2][1].select("day", n=pl.col("n").cast(pl.String).str.to_date())
    parts = [([day], broken if number == 2 else frame.with_columns(n=9)) for number, (day, frame) in enumerate(one)]
    with pytest.raises(pl.exceptions.ComputeError):
        lake.write("some/numbers", Parts(parts), days)
    assert lake.scan("some/numbers").collect()["n"].sort().to_list() == [0, 1, 2, 3]
    assert list((tmp_path / ".staging").iterdir()) == []
