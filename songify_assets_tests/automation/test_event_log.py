"""Dagster's events in SQLite: what is written in batches is what Dagster's own storage reads, whole or not at all."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import DagsterEventBatchMetadata, StepMaterializationData
from dagster._core.execution.plan.objects import StepSuccessData
from dagster._core.storage.event_log import SqliteEventLogStorage

from songify_assets.orchestration import runs
from songify_assets.orchestration.dagster_internals.event_log import LATER, OPEN_FILES, KeptSqliteEventLog
from songify_assets.orchestration.dagster_internals.launcher import WatchedRunLauncher
from songify_assets.orchestration.instance import open_instance

KEY = dg.AssetKey(["raw", "plays"])


@pytest.fixture
def instance(tmp_path: Path):
    with open_instance(tmp_path) as opened:
        yield opened


def materialized(instance: dg.DagsterInstance, *partitions: str) -> None:
    run_id = dg.DagsterRun(job_name="a").run_id
    for number, partition in enumerate(partitions, 1):
        event = dg.DagsterEvent(
            dg.DagsterEventType.ASSET_MATERIALIZATION.value,
            "a",
            event_specific_data=StepMaterializationData(dg.AssetMaterialization(KEY, partition=partition)),
        )
        last = DagsterEventBatchMetadata(run_id, number == len(partitions))
        instance.report_dagster_event(event, run_id, batch_metadata=last)


def partitions(storage: SqliteEventLogStorage) -> set[str]:
    return set(storage.get_materialized_partitions(KEY))


def test_a_batch_is_read_by_dagsters_own_storage(instance: dg.DagsterInstance, tmp_path: Path):
    assert isinstance(instance.event_log_storage, KeptSqliteEventLog)
    days = [f"2021-12-{day:02}" for day in range(1, 32)]
    materialized(instance, *days)
    assert partitions(SqliteEventLogStorage(str(tmp_path / "dagster" / "history" / "runs"))) == set(days)


def test_a_batch_leaves_the_same_rows_as_dagsters_own_storage(instance: dg.DagsterInstance, tmp_path: Path):
    own = SqliteEventLogStorage(str(tmp_path / "own"))
    run_id = dg.DagsterRun(job_name="a").run_id
    events = [event._replace(run_id=run_id) for event in events_of(instance, 5)]
    instance.event_log_storage.store_event_batch(events)
    own.store_event_batch(events)
    for shard in ("index", run_id):
        files = tmp_path / "dagster" / "history" / "runs" / f"{shard}.db", tmp_path / "own" / f"{shard}.db"
        kept, dagsters = (rows_of(file) for file in files)
        assert kept == dagsters
        assert len(kept["event_logs"]) == len(events)
    assert "2021-12-05" in str(kept["event_logs"])


def rows_of(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables that a storage writes events to, without the time at which it did."""
    tables = {"event_logs": "*", "asset_keys": "asset_key, last_materialization, last_run_id", "asset_event_tags": "*"}
    tables["asset_check_executions"] = (
        "asset_key, check_name, partition, run_id, execution_status, evaluation_event, evaluation_event_timestamp, "
        "evaluation_event_storage_id, materialization_event_storage_id"
    )
    with closing(sqlite3.connect(file)) as db:
        return {name: db.execute(f"SELECT {columns} FROM {name}").fetchall() for name, columns in tables.items()}


def test_the_events_of_a_run_leave_the_same_rows_as_dagsters_own_storage(tmp_path: Path):
    @dg.asset(check_specs=[dg.AssetCheckSpec("is_even", asset="numbers")])
    def numbers() -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(
            check_results=[dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)]
        )

    @dg.asset_check(asset=numbers)
    def is_odd() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    @dg.asset
    def one() -> int:
        return 1

    @dg.asset
    def two(one: int) -> int:
        return one + 1

    stored: list[dg.EventLogEntry] = []
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as anywhere:
        patch.setattr(anywhere.event_log_storage, "store_event", stored.append)
        patch.setattr(anywhere.event_log_storage, "store_event_batch", stored.extend)
        job = dg.Definitions(assets=[numbers, one, two], asset_checks=[is_odd]).resolve_implicit_global_asset_job_def()
        job.execute_in_process(instance=anywhere)
    assert {event.dagster_event_type for event in stored} > LATER
    own, kept = SqliteEventLogStorage(str(tmp_path / "own")), KeptSqliteEventLog(str(tmp_path / "kept"))
    for storage in (own, kept):
        for event in stored:
            storage.store_event(event)
        storage.dispose()
    run_id = stored[0].run_id
    rows = {
        place: [rows_of(tmp_path / place / f"{shard}.db") for shard in ("index", run_id)] for place in ("own", "kept")
    }
    assert rows["kept"] == rows["own"]
    assert len(rows["kept"][0]["asset_check_executions"]) == 2


def test_verdicts_of_no_run_are_rows_of_their_own(instance: dg.DagsterInstance):
    key = dg.AssetCheckKey(KEY, "fresh")
    for passed in (True, False):
        instance.report_runless_asset_event(dg.AssetCheckEvaluation(asset_key=KEY, check_name="fresh", passed=passed))
    told = instance.event_log_storage.get_asset_check_execution_history(key, limit=10)
    assert [record.status.value for record in told] == ["FAILED", "SUCCEEDED"]


def test_what_nobody_waits_for_is_there_for_whoever_looks_at_the_run(instance: dg.DagsterInstance, tmp_path: Path):
    run_id = dg.DagsterRun(job_name="a").run_id
    instance.report_dagster_event(
        dg.DagsterEvent(
            dg.DagsterEventType.STEP_SUCCESS.value, "a", step_key="numbers", event_specific_data=StepSuccessData(1.0)
        ),
        run_id,
    )
    file = tmp_path / "dagster" / "history" / "runs" / f"{run_id}.db"
    assert not file.exists() or not rows_of(file)["event_logs"]
    assert [entry.step_key for entry in instance.all_logs(run_id)] == ["numbers"]
    assert len(rows_of(file)["event_logs"]) == 1


def test_files_of_later_runs_are_those_that_dagster_makes(instance: dg.DagsterInstance, tmp_path: Path):
    materialized(instance, "2021-12-01")
    materialized(instance, "2021-12-02")
    SqliteEventLogStorage(str(tmp_path / "own")).store_event_batch(events_of(instance, 1))
    files = [file for place in ("dagster/history/runs", "own") for file in (tmp_path / place).glob("*-*.db")]
    assert len(files) == 3
    made = [schema_of(file) for file in files]
    assert made[0] == made[1] == made[2]


def schema_of(file: Path) -> list[tuple[object, ...]]:
    """The tables and indexes of a file, its revision and its journal."""
    with closing(sqlite3.connect(file)) as db:
        declared = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        revision = db.execute("SELECT version_num FROM alembic_version").fetchall()
        return [*declared, *revision, *db.execute("PRAGMA journal_mode").fetchall()]


def test_a_batch_that_fails_leaves_nothing_half_written(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch):
    storage, events = instance.event_log_storage, events_of(instance, 4)

    def fails(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(storage, "_store_asset_event", fails)
    with pytest.raises(OSError, match="disk is full"):
        storage.store_event_batch(events)
    assert partitions(storage) == set()
    monkeypatch.undo()
    storage.store_event_batch(events)
    assert len(partitions(storage)) == 4


def events_of(instance: dg.DagsterInstance, number: int) -> list[dg.EventLogEntry]:
    """Materializations as the storage is given them."""
    found: list[dg.EventLogEntry] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(instance.event_log_storage, "store_event", found.append)
        for day in range(1, number + 1):
            materialized(instance, f"2021-12-{day:02}")
    return found


def test_threads_and_more_runs_than_files_are_kept_open_lose_nothing(instance: dg.DagsterInstance):
    days = [[f"2021-{month:02}-{day:02}" for day in range(1, 29)] for month in range(1, OPEN_FILES + 4)]
    threads = [threading.Thread(target=materialized, args=(instance, *month)) for month in days]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert partitions(instance.event_log_storage) == {day for month in days for day in month}


def test_a_home_whose_dagster_yaml_names_the_modules_of_older_releases_goes_on_to_work(tmp_path: Path):
    folder = tmp_path / "home" / "dagster"
    folder.mkdir(parents=True)
    shipped = (Path(runs.__file__).parent / "dagster.yaml").read_text(encoding="utf-8")
    older = shipped.replace("orchestration.dagster_internals.", "orchestration.")
    older = older.replace("ForkingRunLauncher", "WatchedRunLauncher")
    assert older != shipped
    (folder / "dagster.yaml").write_text(older, encoding="utf-8")
    with open_instance(tmp_path / "home") as instance:
        assert isinstance(instance.event_log_storage, KeptSqliteEventLog)
        assert isinstance(instance.run_launcher, WatchedRunLauncher)
