"""Columns that are copied as they are stored: every reader finds what a file written as a whole holds (Spark: in `engines`)."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from songify_assets.foundation.carried import Carried, assembled
from songify_assets.foundation.lake import Lake, Table
from songify_assets.foundation.parquet import row_count, sink
from songify_assets.foundation.thrift import read_struct, write_struct

DAY = date(2021, 12, 1)
FACTS = Table(
    "x/facts",
    pl.Schema(
        {
            "day": pl.Date(),
            "id": pl.String(),
            "of": pl.String(),
            "ms": pl.Int64(),
            "seen": pl.Boolean(),
            "n": pl.Float64(),
        }
    ),
    "day",
)
COLUMNS = {"day": "event_date", "id": "id", "ms": "ms"}
ROWS = 260_000


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = Random(7)
    ids = [f"{random.getrandbits(128):032x}" for _ in range(50_000)]
    delivered = pl.DataFrame(
        {
            "record": range(1, ROWS + 1),
            "id": [random.choice(ids) if random.random() < 0.99 else None for _ in range(ROWS)],
            "ms": [random.randrange(10**6) for _ in range(ROWS)],
            "event_date": [DAY] * ROWS,
        }
    )
    file = tmp_path_factory.mktemp("raw") / "raw.parquet"
    sink(delivered.lazy(), file)
    return file


def computed(raw: Path) -> pl.LazyFrame:
    """The facts of the delivered rows; `of` is left as categories."""
    few = pl.lit(pl.Series(["a", "é", None, ""], dtype=pl.String))
    return pl.scan_parquet(raw).select(
        "record", "id", "ms", day="event_date", of=few.gather(pl.col("ms") % 4).cast(pl.Categorical), seen=pl.col("ms") > 10, n=pl.col("ms") / 7
    )  # fmt: skip


def written(lake: Lake, frame: pl.LazyFrame, carried: Carried | None) -> Path:
    lake.write(FACTS.name, frame, [str(DAY)], carried=carried)
    return lake.path(FACTS.name, str(DAY))


@pytest.fixture(scope="module")
def both(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The file with columns that were carried, and the one that was written as a whole."""
    lakes = [Lake(tmp_path_factory.mktemp(name), [FACTS]) for name in ("carried", "whole")]
    shuffled = computed(raw).sort("ms", descending=True)  # as joins may do
    return written(lakes[0], shuffled, Carried.of(raw, COLUMNS)), written(lakes[1], computed(raw), None)


def _by_polars(file: Path) -> pl.DataFrame:
    return pl.read_parquet(file, hive_partitioning=False)


def _by_pyarrow(file: Path) -> pl.DataFrame:
    read = pl.from_arrow(pq.read_table(file, partitioning=None))
    assert isinstance(read, pl.DataFrame)
    return read


def _by_duckdb(file: Path) -> pl.DataFrame:
    return duckdb.sql(f"SELECT * FROM read_parquet('{file}', hive_partitioning = false)").pl()


@pytest.mark.parametrize("read", [_by_polars, _by_pyarrow, _by_duckdb])
def test_every_reader_finds_the_same_rows(both: tuple[Path, Path], read: Callable[[Path], pl.DataFrame]) -> None:
    carried, whole = both
    assert_frame_equal(read(carried), _by_polars(whole), check_exact=True)


def test_readers_that_filter_by_statistics_find_the_same(both: tuple[Path, Path]) -> None:
    for condition in ("ms = (SELECT max(ms) FROM t)", "id = (SELECT min(id) FROM t)", "\"of\" = 'é'", "id IS NULL"):
        found = [
            duckdb.sql(
                f"WITH t AS (SELECT * FROM read_parquet('{file}', hive_partitioning = false)) "
                f"SELECT count(*), sum(ms), min(id), max(id) FROM t WHERE {condition}"
            ).fetchall()
            for file in both
        ]
        assert found[0] == found[1]
    of_arrow = [pq.read_table(file, filters=[("ms", "<", 1000)], partitioning=None).num_rows for file in both]
    assert of_arrow[0] == of_arrow[1] > 0


def test_the_carried_bytes_are_those_of_the_delivery(both: tuple[Path, Path], raw: Path) -> None:
    """Nothing was encoded anew, and the footer says all that the one of a whole file says."""
    carried, whole = (pq.read_metadata(file) for file in both)
    assert carried.schema.equals(whole.schema)
    assert carried.metadata == whole.metadata
    assert (carried.num_rows, carried.num_row_groups) == (whole.num_rows, whole.num_row_groups)
    assert _bytes(both[0], 1) == _bytes(raw, 1)


def _bytes(file: Path, column: int) -> bytes:
    chunk = pq.read_metadata(file).row_group(1).column(column)
    begin = min(chunk.data_page_offset, chunk.dictionary_page_offset or chunk.data_page_offset)
    return file.read_bytes()[begin:][: chunk.total_compressed_size]


def test_a_footer_is_written_as_it_was_read(raw: Path) -> None:
    data = raw.read_bytes()
    footer = data[-8 - int.from_bytes(data[-8:-4], "little") : -8]
    assert write_struct(read_struct(footer)) == footer


def test_a_footer_of_arrow_is_written_as_it_was_read(tmp_path: Path) -> None:
    """With lists of lists, indexes of pages, sorting and bloom filters."""
    table = pa.table({"a": [[1, 2], None, []], "b": ["x", None, "z"]})
    sorting = [pq.SortingColumn(2)]
    pq.write_table(table, tmp_path / "x.parquet", write_page_index=True, sorting_columns=sorting)
    data = (tmp_path / "x.parquet").read_bytes()
    footer = data[-8 - int.from_bytes(data[-8:-4], "little") : -8]
    assert read_struct(write_struct(read_struct(footer))) == read_struct(footer)


def test_the_whole_is_written_where_columns_cannot_be_carried(raw: Path, tmp_path: Path) -> None:
    """Row groups that are cut otherwise, another type, another file by now."""
    lake, expected = Lake(tmp_path / "lake", [FACTS]), computed(raw).select(FACTS.columns.names()).cast(FACTS.columns)
    others, small = tmp_path / "others.parquet", tmp_path / "small.parquet"
    sink(pl.scan_parquet(raw), others, row_group=100_000)
    sink(pl.scan_parquet(raw).with_columns(pl.col("ms").cast(pl.Int32)), small)
    replaced = Carried(raw, COLUMNS, (0, 0, 0))
    for carried in (Carried.of(others, COLUMNS), Carried.of(small, COLUMNS), replaced):
        file = written(lake, computed(raw), carried)
        assert pq.read_metadata(file).row_group(0).column(1).has_offset_index  # it was not copied
        assert_frame_equal(_by_polars(file), expected.collect(), check_exact=True)


@pytest.mark.parametrize("read", [_by_polars, _by_pyarrow, _by_duckdb])
@pytest.mark.parametrize("rows", [0, 3, 130_000])
def test_rows_follow_those_that_are_carried_and_lists_are_carried_as_texts_are(
    tmp_path: Path, rows: int, read: Callable[[Path], pl.DataFrame]
) -> None:
    columns = {
        "id": pl.String(),
        "titles": pl.List(pl.String),
        "pairs": pl.List(pl.Struct({"n": pl.Int64(), "of": pl.String()})),
    }
    dumped = pl.LazyFrame({"n": range(1, ROWS + 1)}).select(
        record=pl.col("n").cast(pl.UInt64),
        id=pl.col("n").cast(pl.String),
        titles=pl.when(pl.col("n") % 7 > 0).then(pl.concat_list(pl.col("n").cast(pl.String), pl.lit("é")).list.head(pl.col("n") % 3)),
        pairs=pl.concat_list(pl.struct(n="n", of=pl.col("n").cast(pl.String))).list.head(pl.col("n") % 2),
    )  # fmt: skip
    sink(dumped, tmp_path / "raw.parquet")
    table = Table("x/latest", pl.Schema({**columns, "is_deleted": pl.Boolean()}))
    gone = dumped.select(*columns, is_deleted=pl.lit(True)).head(rows)
    made = dumped.select("record", is_deleted=pl.lit(False))
    carried = Carried.of(tmp_path / "raw.parquet", {name: name for name in columns}, made, gone)
    lake = Lake(tmp_path / "lake", [table])
    lake.write("x/latest", pl.LazyFrame(schema=table.columns), [""], carried=carried)
    expected = pl.concat([dumped.select(*columns, is_deleted=pl.lit(False)), gone]).collect()
    assert row_count(lake.path("x/latest", "")) == ROWS + rows
    assert_frame_equal(read(lake.path("x/latest", "")), expected, check_exact=True)
    assert_frame_equal(lake.scan("x/latest").filter("is_deleted").collect(), gone.collect(), check_exact=True)


def test_a_frame_that_lost_rows_is_not_put_beside_others(raw: Path, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", [FACTS])
    file = written(lake, computed(raw).filter(pl.col("ms") > 5_000), Carried.of(raw, COLUMNS))
    assert row_count(file) == computed(raw).filter(pl.col("ms") > 5_000).collect().height
    assert not assembled(Carried.of(raw, COLUMNS), [file], file, tmp_path / "no.parquet")


def test_large_deliveries_are_put_in_order_in_parts(
    both: tuple[Path, Path], raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rows in (1, 125_000, 250_000):
        monkeypatch.setattr("songify_assets.foundation.carried.SORTED_AT_ONCE", rows)
        parts = list(Carried.of(raw, COLUMNS).others(computed(raw), FACTS.columns))
        assert len(parts) == (2 if rows == 250_000 else 3)
        file = written(Lake(tmp_path / str(rows), [FACTS]), computed(raw), Carried.of(raw, COLUMNS))
        assert not pq.read_metadata(file).row_group(1).column(1).has_offset_index  # it was copied
        assert_frame_equal(_by_polars(file), _by_polars(both[1]), check_exact=True)
