"""One thing that fails holds itself, not the rest: by `songify load` and by the sensors."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from songify_assets.datasets.royalties import assets as royalties
from songify_assets.orchestration.runs import Outcome, run_stale
from songify_assets_tests.automation.product import Product, deliver_royalties, product

DAY = "2021-12-01"


@pytest.fixture
def one(tmp_path: Path):
    with product(tmp_path / "home") as made:
        yield made


def loaded(one: Product) -> Outcome:
    """What `songify load` computes of what the looks have landed."""
    for sensor in ("viewing_drops", "vendor_drops", "royalties_drops"):
        one.tick(sensor)
    return run_stale(one.definitions, one.planner, one.instance, lambda _: None)


def published(one: Product, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(one.store.settings.home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def broken(*_: Any) -> Any:
    raise ValueError("the spreadsheet is broken")


@pytest.mark.parametrize("by", ["load", "sensors"])
def test_an_export_that_fails_keeps_nothing_from_being_published(one: Product, monkeypatch: Any, by: str):
    monkeypatch.setattr(royalties, "write_sheets", broken)
    deliver_royalties(one.home, DAY)
    if by == "load":
        outcome = loaded(one)
        assert [says.partition(" (the web UI")[0] for says in outcome.failures] == [
            "royalties/market_share_sheets: ValueError: the spreadsheet is broken"
        ], "told once"
    else:
        one.settle()
    assert published(one, "SELECT sum(plays) FROM royalties.market_share") == [(2,)]
    assert [mark.asset for mark in one.planner.state(one.instance).failed] == ["royalties/market_share_sheets"]


def test_a_run_that_cannot_be_started_keeps_nothing_from_being_published(one: Product, monkeypatch: Any):
    def refuse(self: Any, *, asset_selection: Any = None, **rest: Any) -> Any:
        if any(key.path[-1] == "market_share" for key in asset_selection or ()):
            raise ValueError("depends on invalid partitions")
        return subset(self, asset_selection=asset_selection, **rest)

    job = type(one.definitions.resolve_implicit_global_asset_job_def())
    subset = job.get_subset
    monkeypatch.setattr(job, "get_subset", refuse)
    deliver_royalties(one.home, DAY)
    assert loaded(one).failures == [
        f"royalties/market_share, royalties/market_share_sheets for {DAY}: it could not be started: "
        "depends on invalid partitions"
    ]
    assert published(one, "SELECT sum(plays) FROM royalties.market_share_daily") == [(2,)]


def test_a_partition_that_is_none_yet_waits_for_its_day_and_holds_nothing(one: Product):
    deliver_royalties(one.home, DAY)
    one.store.ledger.mark([("royalties/plays", "2999-01-01"), ("royalties/plays", "1999-01-01")])
    assert loaded(one).failures == []
    assert published(one, "SELECT sum(plays) FROM royalties.market_share") == [(2,)]
    assert {mark.partition for mark in one.store.ledger.marks()} == {"2999-01-01", "1999-01-01"}
