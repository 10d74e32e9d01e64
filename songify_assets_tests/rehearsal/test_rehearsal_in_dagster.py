"""The rehearsal's dataset in the product itself: its drops of today, loaded by Dagster's runs and published."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

from songify_assets import definitions
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.load import LoadReport, load
from songify_assets.orchestration.planner.gates import blocking_checks
from songify_assets.orchestration.planner.planner import Planner
from songify_assets.orchestration.runs import open_instance
from songify_assets.settings import Settings
from songify_assets_tests.rehearsal.assets import REHEARSAL
from songify_assets_tests.rehearsal.drops import Drop, drawn

CATALOG = Catalog([REHEARSAL])
SMALL_FILES = 300


def loaded(settings: Settings) -> LoadReport:
    built = definitions.build_definitions(settings, CATALOG)
    store = definitions.build_store(settings, CATALOG)
    with open_instance(settings.home) as instance:
        return load(
            built,
            Planner(store, definitions.build_triggers(CATALOG), blocking_checks(built)),
            CATALOG.feeds,
            instance,
            sources=["rehearsal"],
            since=date.min,
            until=date.max,
            tell=lambda _: None,
        )


def asked(home: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


@pytest.mark.long
def test_drops_of_today_reach_the_warehouse_and_a_late_row_reaches_all_later_days_of_its_customer(tmp_path: Path):
    settings = Settings(home=tmp_path / "home", settle_seconds=0)
    source, today = settings.home / "drops" / "rehearsal", datetime.now(ZoneInfo("Europe/Stockholm")).date()
    order = "order_id,customer,country,placed_at,amount,currency,gift\n{},Ann,SE,{} 00:00,{},SEK,\n"
    yesterday = today - timedelta(days=1)
    for number, day in (("1", yesterday), ("2", today)):
        (source / str(day)).mkdir(parents=True)
        (source / str(day) / "orders.csv").write_text(order.format(number, day, "1.50"))
    for number in range(SMALL_FILES):
        item = source / str(today) / "items" / f"{number % 7}" / f"{number}.json"
        item.parent.mkdir(parents=True, exist_ok=True)
        item.write_text(json.dumps({"item_id": f"i{number}", "name": "pen"}, indent=2))
    report = loaded(settings)
    assert report.exit_status == 0, report
    balances = "SELECT date, orders, total_minor FROM rehearsal.balances ORDER BY date"
    assert asked(settings.home, balances) == [(yesterday, 1, 150), (today, 2, 300)]
    assert asked(settings.home, "SELECT count(*) FROM rehearsal.items") == [(SMALL_FILES,)]
    assert asked(settings.home, "SELECT order_key, days FROM rehearsal.ages ORDER BY 1") == [("1", 1), ("2", 0)]
    # The order of today is told again, and was placed the day before yesterday.
    earlier = today - timedelta(days=2)
    (source / str(today) / "orders.csv").write_text(order.format("2", earlier, "0.50"))
    assert loaded(settings).exit_status == 0
    assert asked(settings.home, balances) == [(earlier, 1, 50), (yesterday, 2, 200)]
    assert asked(settings.home, "SELECT count(*) FROM rehearsal.orders") == [(2,)]


@pytest.mark.long
def test_a_load_of_everything_at_once_gives_what_loads_one_after_the_other_give(tmp_path: Path):
    drops = [drop for seed in (1, 2, 3) for drop in drawn(random.Random(seed))]
    once, often = (Settings(home=tmp_path / name, settle_seconds=0) for name in ("once", "often"))
    for drop in drops[: len(drops) // 2]:
        write(often, drop)
    loaded(often)
    for drop in drops:
        write(once, drop)
        write(often, drop)
    assert [loaded(once).exit_status, loaded(often).exit_status] == [0, 0]
    tables = [asset.key.replace("/", ".") for asset in REHEARSAL.assets]
    for table in tables:
        first, second = (asked(settings.home, f"SELECT * FROM {table} ORDER BY ALL") for settings in (once, often))
        assert first == second, table


def write(settings: Settings, drop: Drop) -> None:
    drop.write(settings.home / "drops" / "rehearsal")


def test_records_of_a_broken_parquet_file_and_of_small_files_are_refused_where_they_stand(tmp_path: Path):
    settings = Settings(home=tmp_path / "home", settle_seconds=0)
    day = settings.home / "drops" / "rehearsal" / str(datetime.now(UTC).date() - timedelta(days=2))
    (day / "items").mkdir(parents=True)
    (day / "visits.parquet").write_bytes(b"PAR1 and no more")
    for name, text in {
        "a": '{"item_id": "i1"}',
        "b": '{"item_id": null, "name": "x"}',
        "c": '{"item_id": "i1", "name": NaN}',
    }.items():
        (day / "items" / f"{name}.json").write_text(text)
    report = loaded(settings)
    assert report.exit_status == 1, "a file that cannot be read"
    refused = asked(settings.home, "SELECT file, record, reasons FROM quarantine.rows ORDER BY file")
    assert [(Path(str(file)).name, record, reasons) for file, record, reasons in refused] == [
        ("b.json", 1, ["`item_id` is missing"]),
        ("c.json", 1, ["holds NaN or Infinity"]),
    ]
    [(place, what)] = asked(settings.home, "SELECT file, reasons FROM quarantine.files")
    assert Path(str(place)).name == "visits.parquet"
    assert "is no Parquet file, or not a whole one" in str(what)
    whole = pl.DataFrame({"visitor": ["v"], "page count": [3]}, schema_overrides={"page count": pl.Int32})
    whole.write_parquet(day / "visits.parquet")
    assert loaded(settings).exit_status == 0
    assert asked(settings.home, "SELECT visits, pages FROM rehearsal.visits") == [(1, 3)]
