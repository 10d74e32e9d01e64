"""Months are closed in the web UI and by themselves, and the sensors publish their statements."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.job_definition import JobDefinition

from songify_assets.foundation.ledger.statements import statements
from songify_assets.orchestration.runs import QUIET
from songify_assets_tests.automation.product import Product, deliver_plays, product

NOVEMBER = [f"2021-11-{day:02}" for day in range(1, 31)]
CLOSED = {"month": "2021-11", "closed_by": "Ann"}


def launched(one: Product, name: str, op: str = "", **config: Any) -> dg.ExecuteInProcessResult:
    """What a person launches in the web UI."""
    job: JobDefinition = next(job for job in one.definitions.jobs if job.name == name)
    given = {**QUIET, **({"ops": {op: {"config": config}}} if op else {})}
    return job.execute_in_process(instance=one.instance, run_config=given, raise_on_error=False)


def failure(result: dg.ExecuteInProcessResult) -> str:
    [failed] = [event for event in result.all_events if event.is_step_failure]
    return str(failed.step_failure_data.error)


def test_the_jobs_close_and_restate_a_month_and_the_sensors_publish_it(tmp_path: Path):
    with product(tmp_path / "home") as one:
        deliver_plays(one.home, *NOVEMBER[:-1])
        one.settle()
        assert "plays of 2021-11-30 is not delivered" in failure(launched(one, "close", "close_month", **CLOSED))
        deliver_plays(one.home, NOVEMBER[-1])
        one.settle()
        assert launched(one, "close", "close_month", **CLOSED, reason="paid").success
        runs = {asset for tick in one.settle() for _, _, *assets in tick for asset in assets}
        shown = {
            "royalties/statements",
            "royalties/statement_versions",
            "royalties/restatements",
            "warehouse/published",
        }
        assert runs >= shown
        assert "it is closed already" in failure(launched(one, "close", "close_month", **CLOSED))
        why = {**CLOSED, "reason": "late"}
        assert "nothing has changed since version 1" in failure(launched(one, "restate", "restate_month", **why))
        one.home.deliver("royalties", NOVEMBER[3], "plays.csv", "location_id,track_id,played_ms\nse,b1,60000\n")
        one.settle()
        assert launched(one, "restate", "restate_month", **why).success
        told = [(kept.version, kept.closed_by, kept.reason) for kept in statements(one.store.ledger)]
        assert told == [(1, "Ann", "paid"), (2, "Ann", "late")]
        assert "'november' is no month" in failure(
            launched(one, "close", "close_month", **{**CLOSED, "month": "november"})
        )


def test_months_that_ended_long_enough_ago_are_closed_by_themselves_once(tmp_path: Path):
    today = datetime.now(UTC).date()
    last = today.replace(day=1) - timedelta(days=1)
    days = [str(last.replace(day=number)) for number in range(1, last.day + 1)]
    with product(tmp_path / "home", close_after_days=0) as one:
        deliver_plays(one.home, *days[:-1])
        one.settle()
        assert launched(one, "close_ended").success, "what cannot be closed yet is tried again"
        assert statements(one.store.ledger) == []
        deliver_plays(one.home, days[-1], str(today))
        one.settle()
        for _ in range(2):
            assert launched(one, "close_ended").success
        [kept] = statements(one.store.ledger)
        assert (kept.table, kept.month, kept.version) == ("royalties/market_share", last.replace(day=1), 1)
        assert kept.closed_by == "songify (SONGIFY_CLOSE_AFTER_DAYS)"


def test_the_nightly_look_at_statements_fails_where_one_was_changed_and_names_it(tmp_path: Path):
    with product(tmp_path / "home") as one:
        deliver_plays(one.home, *NOVEMBER)
        one.settle()
        assert launched(one, "close", "close_month", **CLOSED).success
        assert launched(one, "close_ended").success
        [file] = one.store.lake.root.glob("closed/*/*/2021-11/v1/rows.parquet")
        file.unlink()
        said = failure(launched(one, "close_ended"))
        assert "royalties/market_share 2021-11 version 1: its file is missing" in said
        assert "Put the file back from a backup" in said


def test_a_backfill_of_everything_changes_no_statement(tmp_path: Path):
    with product(tmp_path / "home") as one:
        deliver_plays(one.home, *NOVEMBER)
        one.settle()
        assert launched(one, "close", "close_month", **CLOSED).success
        one.settle()
        paid = one.rows("royalties/statements")
        one.home.deliver("royalties", NOVEMBER[3], "plays.csv", "location_id,track_id,played_ms\nse,b1,60000\n")
        one.settle()
        shown = ("statements", "market_share", "restatements", "restatement_causes")
        keys = [dg.AssetKey(["royalties", name]) for name in shown]
        for _ in range(2):
            assert one.run(dg.RunRequest(asset_selection=keys, tags={"dagster/partition": "2021-11-01"})).success
        assert one.rows("royalties/statements") == paid
