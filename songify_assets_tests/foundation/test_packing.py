"""A packed partition holds the same rows, in an order in which they take less."""

import random
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from songify_assets.foundation import packing
from songify_assets.foundation.lake import Lake, Table, version_of
from songify_assets.foundation.packing import may_be_packed, pack, same_rows
from songify_assets.foundation.parquet import ROW_GROUP, sink
from songify_assets.foundation.versions.differences import EVENTS

DAY = date(2021, 12, 1)


def table(rows: int, chance: random.Random) -> pl.DataFrame:
    """Rows of every type that tables have, with nulls, and some of them equal."""
    ids = [chance.randbytes(16).hex() for _ in range(max(1, rows // 4))]
    drawn = pl.DataFrame(
        {
            "id": [chance.choice([*ids, None]) for _ in range(rows)],
            "number": [chance.choice([None, chance.randrange(10)]) for _ in range(rows)],
            "share": [chance.choice([None, float("nan"), -0.0, 0.5]) for _ in range(rows)],
            "titles": [chance.choice([None, [], ["a"], ["a", None]]) for _ in range(rows)],
            "event": pl.Series([chance.choice(["added", "changed"]) for _ in range(rows)], dtype=EVENTS),
            "deep": [{"a": chance.choice([None, "x"])} for _ in range(rows)],
        },
        schema_overrides={"titles": pl.List(pl.String)},
    )
    moments = pl.datetime_range(pl.datetime(2021, 1, 1), pl.datetime(2021, 12, 1), eager=True, time_zone="UTC")
    moments = moments.sample(rows, with_replacement=True, seed=1)
    return pl.concat([drawn.with_columns(at=moments), drawn.with_columns(at=moments).head(rows // 10)])


@pytest.mark.parametrize("rows", [1, 7, 1000, 20_000])
def test_it_holds_the_same_rows(tmp_path: Path, rows: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packing, "AT_ONCE", 3000)
    frame = table(rows, random.Random(rows))
    frame.write_parquet(tmp_path / "before.parquet", row_group_size=500)
    pack(tmp_path / "before.parquet", tmp_path / "after.parquet", tmp_path / "scratch")
    after = pl.read_parquet(tmp_path / "after.parquet")
    assert after.schema == frame.schema
    assert sorted(map(repr, after.rows())) == sorted(map(repr, frame.rows()))
    assert same_rows(tmp_path / "before.parquet", tmp_path / "after.parquet")


def test_rows_of_which_most_share_a_value_are_packed_without_sorting_them_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "AT_ONCE", 100)
    chance = random.Random(4)
    ids = [chance.randbytes(16).hex() if chance.random() < 0.1 else "hot" for _ in range(5000)]
    frame = pl.DataFrame({"id": ids, "number": [n % 3 for n in range(5000)]})
    frame.write_parquet(tmp_path / "before.parquet", row_group_size=500)
    pack(tmp_path / "before.parquet", tmp_path / "after.parquet", tmp_path / "scratch")
    assert same_rows(tmp_path / "before.parquet", tmp_path / "after.parquet")
    assert pl.read_parquet(tmp_path / "after.parquet")["id"].rle_id().n_unique() < 700, "equal ids stand together"


@pytest.mark.parametrize(
    "other",
    [
        lambda rows: rows.head(-1),
        lambda rows: pl.concat([rows, rows.head(1)]),
        lambda rows: rows.with_columns(pl.col("id").shift(1)),
        lambda rows: pl.concat([rows.head(-1), rows.head(1)]),
        lambda rows: rows.with_columns(pl.col("titles").list.reverse()),
        lambda rows: rows.rename({"number": "count"}),
        lambda rows: rows.with_columns(pl.col("number").cast(pl.Int32)),
    ],
)
def test_other_rows_are_not_the_same(tmp_path: Path, other):
    rows = table(1000, random.Random(3))
    rows.write_parquet(tmp_path / "one.parquet")
    other(rows).write_parquet(tmp_path / "other.parquet")
    assert not same_rows(tmp_path / "one.parquet", tmp_path / "other.parquet")
    rows.sample(fraction=1, shuffle=True, seed=1).write_parquet(tmp_path / "other.parquet", row_group_size=10)
    assert same_rows(tmp_path / "one.parquet", tmp_path / "other.parquet")


def test_ids_that_come_back_take_less(tmp_path: Path):
    chance = random.Random(1)
    ids = [chance.randbytes(16).hex() for _ in range(60_000)]
    rows = pl.LazyFrame({"id": chance.choices(ids, k=3 * ROW_GROUP), "number": [n % 7 for n in range(3 * ROW_GROUP)]})
    before, after = tmp_path / "before.parquet", tmp_path / "after.parquet"
    sink(rows, before)
    assert may_be_packed(before)
    pack(before, after, tmp_path / "scratch")
    assert after.stat().st_size < before.stat().st_size / 2
    assert not may_be_packed(after)


def test_what_cannot_be_read_is_left_alone(tmp_path: Path):
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    assert not may_be_packed(tmp_path / "cut.parquet")
    assert not may_be_packed(tmp_path / "none.parquet")


def test_a_partition_that_was_written_anew_meanwhile_is_not_replaced(tmp_path: Path):
    columns = pl.Schema({"day": pl.Date(), "n": pl.Int64()})
    lake = Lake(tmp_path, [Table("a/b", columns, "day")])
    rows = [pl.LazyFrame({"day": [DAY], "n": [n]}, schema=columns) for n in (1, 2, 3)]
    lake.write("a/b", rows[0], [str(DAY)])
    seen = version_of(lake.files("a/b")[str(DAY)])
    lake.write("a/b", rows[1], [str(DAY)])
    sink(rows[2], tmp_path / "packed.parquet")
    assert not lake.put_instead("a/b", str(DAY), tmp_path / "packed.parquet", seen)
    assert not lake.put_instead("a/b", str(DAY), tmp_path / "packed.parquet", "")
    assert not lake.take("a/b", str(DAY), seen)
    assert lake.scan("a/b").collect()["n"].to_list() == [2]
    now = lake.versions("a/b")[str(DAY)]
    assert lake.put_instead("a/b", str(DAY), tmp_path / "packed.parquet", now)
    assert lake.scan("a/b").collect()["n"].to_list() == [3]
    assert lake.take("a/b", str(DAY), lake.versions("a/b")[str(DAY)])
    assert lake.keys("a/b") == []
    assert lake.broken("a/b") == {}
