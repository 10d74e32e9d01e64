"""One thing that fails holds itself, not the rest: by `songify load` and by the sensors."""

from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from songify_assets.datasets.royalties import assets as royalties
from songify_assets.definitions import FEEDS
from songify_assets.orchestration.load import LoadReport, load
from songify_assets_tests.automation.product import Product, deliver_royalties, product

DAY = "2021-12-01"


@pytest.fixture
def one(tmp_path: Path):
    with product(tmp_path / "home") as made:
        yield made


def loaded(one: Product, *sources: str) -> LoadReport:
    """What `songify load` does."""
    return load(
        one.definitions,
        one.planner,
        FEEDS,
        one.instance,
        sources=sources or ("royalties",),
        since=date.min,
        until=date.max,
        tell=lambda _: None,
    )


def published(one: Product, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(one.store.settings.home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def kept_as_before(one: Product) -> Any:
    """What the page of the warehouse says keeps its previous state."""
    event = one.instance.get_latest_materialization_event(dg.AssetKey(["warehouse", "published"]))
    assert event is not None
    assert event.asset_materialization is not None
    return event.asset_materialization.metadata["kept as before"].value


def broken(*_: Any) -> Any:
    raise ValueError("the spreadsheet is broken")


@pytest.mark.parametrize("by", ["load", "sensors"])
def test_an_export_that_fails_keeps_nothing_from_being_published(one: Product, monkeypatch: Any, by: str):
    monkeypatch.setattr(royalties, "write_sheets", broken)
    deliver_royalties(one.home, DAY)
    if by == "load":
        report = loaded(one)
        assert [says.partition(" (the web UI")[0] for says in report.outcome.failures] == [
            "royalties/market_share_sheets: ValueError: the spreadsheet is broken"
        ], "told once"
        assert report.kept == {"royalties/market_share_sheets": "2021-12-01: a run failed"}
    else:
        one.settle()
    assert published(one, "SELECT sum(plays) FROM royalties.market_share") == [(2,)]
    assert [mark.asset for mark in one.planner.state(one.instance).failed] == ["royalties/market_share_sheets"]
    assert kept_as_before(one) == "- `royalties/market_share_sheets`: 2021-12-01: a run failed"


def test_a_run_that_cannot_be_started_keeps_nothing_from_being_published(one: Product, monkeypatch: Any):
    def refuse(self: Any, *, asset_selection: Any = None, **rest: Any) -> Any:
        if any(key.path[-1] == "market_share" for key in asset_selection or ()):
            raise ValueError("depends on invalid partitions")
        return subset(self, asset_selection=asset_selection, **rest)

    job = type(one.definitions.resolve_implicit_global_asset_job_def())
    subset = job.get_subset
    monkeypatch.setattr(job, "get_subset", refuse)
    deliver_royalties(one.home, DAY)
    assert loaded(one).outcome.failures == [
        f"royalties/market_share, royalties/market_share_sheets for {DAY}: it could not be started: "
        "depends on invalid partitions"
    ]
    assert published(one, "SELECT sum(plays) FROM royalties.market_share_daily") == [(2,)]


def test_a_partition_that_is_none_yet_waits_for_its_day_and_holds_nothing(one: Product):
    deliver_royalties(one.home, DAY)
    one.store.ledger.mark([("royalties/plays", "2999-01-01"), ("royalties/plays", "1999-01-01")])
    assert loaded(one).outcome.failures == []
    assert published(one, "SELECT sum(plays) FROM royalties.market_share") == [(2,)]
    assert {mark.partition for mark in one.store.ledger.marks()} == {"2999-01-01", "1999-01-01"}


def test_a_lost_warehouse_comes_back_with_the_next_load_of_whatever_source_or_by_the_sensors(one: Product):
    assert not one.tick("follow_ups").run_requests, "there is nothing to publish yet"
    deliver_royalties(one.home, DAY)
    assert loaded(one).exit_status == 0
    warehouse = one.home.path / "warehouse.duckdb"
    for source in ("royalties", "vendor"):
        warehouse.unlink()
        report = loaded(one, source)
        assert (report.exit_status, report.outcome.computed) == (0, {"warehouse/published": 1})
    warehouse.unlink()
    first, again = one.tick("follow_ups").run_requests, one.tick("follow_ups").run_requests
    assert [request.run_key for request in first] == [request.run_key for request in again], "asked for once"
    one.run(first[0])
    assert published(one, "SELECT sum(plays) FROM royalties.market_share") == [(2,)]
    assert kept_as_before(one) == "nothing: all is up to date"


def test_a_table_of_the_lake_that_cannot_be_read_is_named_and_published_once_it_is_mended(one: Product):
    deliver_royalties(one.home, DAY)
    loaded(one)
    file = one.store.lake.path("royalties/plays", DAY)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    one.store.ledger.mark([("warehouse/published", "")])
    report = loaded(one)
    assert report.exit_status == 1
    assert "royalties/plays" in report.outcome.failures[0]
    assert f"play_date={DAY}" in report.outcome.failures[0]
    assert "royalties/plays" in kept_as_before(one)
    assert published(one, "SELECT count(*) FROM royalties.plays") == [(2,)]
    file.write_bytes(whole)
    assert loaded(one).exit_status == 0, "what failed is tried again"
    assert kept_as_before(one) == "nothing: all is up to date"
