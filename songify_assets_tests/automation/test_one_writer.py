"""One writer a table: whoever has been replaced, or given up, writes nothing more."""

import contextvars
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from songify_assets import definitions
from songify_assets.datasets import royalties
from songify_assets.errors import SongifyError
from songify_assets.foundation.delivery.partition import write_raw
from songify_assets.orchestration.assets import feed_assets
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.automation.product import Product, deliver_plays, product
from songify_assets_tests.home import plays

DAY = "2021-12-01"


@pytest.fixture
def one(tmp_path: Path):
    with product(tmp_path / "home") as made:
        yield made


def in_another_context(do: Callable[[], Any]) -> Any:
    """As another process would do it: a context that has taken over nothing."""
    return contextvars.Context().run(do)


def shares(licensor: str) -> pl.LazyFrame:
    row = {"play_date": DAY, "country": "SE", "licensor": licensor, "plays": 1}
    return pl.LazyFrame([row]).with_columns(pl.col("play_date").str.to_date())


def test_what_a_replaced_writer_still_writes_raises_and_what_its_successor_wrote_stays(one: Product):
    table, (ledger, lake) = "royalties/market_share_daily", (one.store.ledger, one.store.lake)

    def successor() -> None:
        with ledger.writing(table):
            lake.write(table, shares("second"), [DAY])
            ledger.mark([("royalties/market_share", "2021-12-01")])

    with ledger.writing(table):
        lake.write(table, shares("first"), [DAY])
        in_another_context(successor)
        for write in (
            lambda: lake.write(table, shares("first again"), [DAY]),
            lambda: ledger.clear("royalties/market_share", ["2021-12-01"], 1e12),
            lambda: ledger.mark([("royalties/plays", DAY)]),
        ):
            with pytest.raises(SongifyError, match="another run has taken over the writing of this table"):
                write()
    assert [row["licensor"] for row in one.rows(table)] == ["second"]
    assert one.store.ledger.stale() == {"royalties/market_share": {"2021-12-01"}}
    assert not list((one.home.path / "lake" / ".staging").iterdir()), "what was not moved into place is gone"
    ledger.mark([("royalties/plays", DAY)])  # who never took a table over writes as ever


def test_writers_of_different_tables_do_not_hinder_each_other(one: Product):
    with one.store.ledger.writing("royalties/plays"):
        in_another_context(lambda: other(one))
        one.store.ledger.mark([("royalties/plays", DAY)])
    assert set(one.store.ledger.stale()) == {"royalties/plays", "raw/plays"}


def other(one: Product) -> None:
    with one.store.ledger.writing("raw/plays"):
        one.store.ledger.mark([("raw/plays", DAY)])


def test_a_run_that_is_overtaken_in_the_middle_of_a_step_fails_and_changes_nothing(one: Product, monkeypatch):
    deliver_plays(one.home, DAY, rows=["se,a1,60000"])
    request = one.tick("royalties_drops").run_requests[0]
    overtaken: list[bool] = []

    def overtake(store, feed, days):
        if feed.name == "plays" and not overtaken:
            one.home.deliver("royalties", DAY, "plays.csv", plays("se,b1,90000", "se,b1,90000"))
            assert not one.tick("royalties_drops").run_requests, "a correction waits for the run that goes on"
            thread = threading.Thread(target=lambda: overtaken.append(successor(store, feed, days)))
            thread.start()
            thread.join()
        return write_raw(store, feed, days)

    monkeypatch.setattr(feed_assets, "write_raw", overtake)
    result = one.run(request)
    assert not result.success
    assert [event.step_key for event in result.all_events if event.is_step_failure] == ["raw__plays"]
    assert "another run has taken over" in said(result)
    assert [row["track_id"] for row in one.rows("raw/plays")] == ["b1", "b1"]
    assert [one_delivery.accepted for one_delivery in one.store.ledger.deliveries("plays")] == [2]
    one.settle(["royalties_drops"])
    assert [row["track_id"] for row in one.rows("raw/plays")] == ["b1", "b1"]


def said(result: dg.ExecuteInProcessResult) -> str:
    """Why steps failed."""
    failed = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    return " ".join(f"{error.message} {error.cause and error.cause.message}" for error in failed)


def successor(store, feed, days) -> bool:
    with store.ledger.writing(feed.raw):
        write_raw(store, feed, days)
    return True


def test_a_step_whose_run_was_ended_meanwhile_writes_nothing_and_its_partitions_are_still_to_do(tmp_path, monkeypatch):
    def compute(context: dg.AssetExecutionContext, plays: pl.LazyFrame) -> pl.LazyFrame:
        """Ends its run, as run monitoring does with a worker that hangs."""
        if is_given_up:
            context.instance.report_run_failed(context.run)
        return right.compute(plays)

    right = next(asset for asset in royalties.DATASET.assets if asset.key == "royalties/market_share_daily")
    given = [replace(asset, compute=compute) if asset is right else asset for asset in royalties.DATASET.assets]
    datasets = [replace(one, assets=given) if one is royalties.DATASET else one for one in definitions.CATALOG.datasets]
    monkeypatch.setattr(definitions, "CATALOG", Catalog(datasets))
    with product(tmp_path / "home") as one:
        is_given_up = False
        deliver_plays(one.home, DAY)
        one.settle()
        before = one.at_last(right.key)
        is_given_up = True
        one.home.deliver("royalties", DAY, "plays.csv", plays("se,a1,60000"))
        for sensor in ("royalties_drops", "follow_ups"):
            result = one.run(one.tick(sensor).run_requests[0])
        assert "this run was given up" in said(result)
        assert len(one.rows("royalties/plays")) == 1, "what it had done before stays"
        assert one.at_last(right.key).equals(before)
        assert one.store.ledger.stale()[right.key] == {DAY}
