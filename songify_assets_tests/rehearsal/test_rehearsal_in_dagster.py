"""The rehearsal's dataset in the product itself: its drops of today, loaded by Dagster's runs and published."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.in_process import InProcess
from songify_assets_tests.rehearsal.assets import REHEARSAL
from songify_assets_tests.rehearsal.drops import Drop, drawn

SMALL_FILES = 300
ORDER = "order_id,customer,country,placed_at,amount,currency,gift\n{},Ann,SE,{} 00:00,{},SEK,\n"


def rehearsing(home: Path) -> InProcess:
    return InProcess(home, Catalog([REHEARSAL]))


@pytest.mark.long
def test_drops_of_today_reach_the_warehouse_and_a_late_row_reaches_all_later_days_of_its_customer(tmp_path: Path):
    product, today = rehearsing(tmp_path / "home"), datetime.now(ZoneInfo("Europe/Stockholm")).date()
    yesterday, earlier = today - timedelta(days=1), today - timedelta(days=2)
    for number, day in (("1", yesterday), ("2", today)):
        product.deliver("rehearsal", day, "orders.csv", ORDER.format(number, day, "1.50"))
    for number in range(SMALL_FILES):
        item = json.dumps({"item_id": f"i{number}", "name": "pen"}, indent=2)
        product.deliver("rehearsal", today, f"items/{number % 7}/{number}.json", item)
    assert product.load().exit_status == 0
    balances = "SELECT date, orders, total_minor FROM rehearsal.balances ORDER BY date"
    assert product.ask(balances) == [(yesterday, 1, 150), (today, 2, 300)]
    assert product.ask("SELECT count(*) FROM rehearsal.items") == [(SMALL_FILES,)]
    assert product.ask("SELECT order_key, days FROM rehearsal.ages ORDER BY 1") == [("1", 1), ("2", 0)]
    # The order of today is told again, and was placed the day before yesterday.
    product.deliver("rehearsal", today, "orders.csv", ORDER.format("2", earlier, "0.50"))
    assert product.load().exit_status == 0
    assert product.ask(balances) == [(earlier, 1, 50), (yesterday, 2, 200)]
    assert product.ask("SELECT count(*) FROM rehearsal.orders") == [(2,)]


@pytest.mark.long
def test_a_load_of_everything_at_once_gives_what_loads_one_after_the_other_give(tmp_path: Path):
    drops = [drop for seed in (1, 2, 3) for drop in drawn(random.Random(seed))]
    once, often = rehearsing(tmp_path / "once"), rehearsing(tmp_path / "often")
    for drop in drops[: len(drops) // 2]:
        write(often, drop)
    often.load()
    for drop in drops:
        write(once, drop)
        write(often, drop)
    assert [once.load().exit_status, often.load().exit_status] == [0, 0]
    for table in (asset.key.replace("/", ".") for asset in REHEARSAL.assets):
        assert once.ask(f"SELECT * FROM {table} ORDER BY ALL") == often.ask(f"SELECT * FROM {table} ORDER BY ALL"), (
            table
        )


def write(product: InProcess, drop: Drop) -> None:
    drop.write(product.home / "drops" / "rehearsal")


def test_records_of_a_broken_parquet_file_and_of_small_files_are_refused_where_they_stand(tmp_path: Path):
    product, day = rehearsing(tmp_path / "home"), datetime.now(UTC).date() - timedelta(days=2)
    product.deliver("rehearsal", day, "visits.parquet", b"PAR1 and no more")
    items = {"a": '{"item_id": "i1"}', "b": '{"item_id": null, "name": "x"}', "c": '{"item_id": "i1", "name": NaN}'}
    for name, text in items.items():
        product.deliver("rehearsal", day, f"items/{name}.json", text)
    assert product.load().exit_status == 1, "a file that cannot be read"
    refused = product.ask("SELECT file, record, reasons FROM quarantine.rows ORDER BY file")
    assert [(Path(file).name, record, reasons) for file, record, reasons in refused] == [
        ("b.json", 1, ["`item_id` is missing"]),
        ("c.json", 1, ["holds NaN or Infinity"]),
    ]
    [(place, what)] = product.ask("SELECT file, reasons[1] FROM quarantine.files")
    assert Path(place).name == "visits.parquet"
    assert "is no Parquet file, or not a whole one" in what
    whole = pl.DataFrame({"visitor": ["v"], "page count": [3]}, schema_overrides={"page count": pl.Int32})
    whole.write_parquet(product.home / "drops" / "rehearsal" / str(day) / "visits.parquet")
    assert product.load().exit_status == 0
    assert product.ask("SELECT visits, pages FROM rehearsal.visits") == [(1, 3)]
