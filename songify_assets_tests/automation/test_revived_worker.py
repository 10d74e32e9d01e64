"""A worker that hangs is given up, ended and replaced; were it to come back to life, it undoes nothing of its successor's."""

import contextlib
import os
import re
import signal
from pathlib import Path

import dagster as dg
import pytest

from songify_assets.orchestration.instance import open_instance
from songify_assets_tests.daemon import Running, running, settled, wait_until
from songify_assets_tests.home import Home, new_home, plays

pytestmark = pytest.mark.long

GIVEN_UP_AFTER_S = 20
MANY = 400_000


def test_a_revived_worker_does_not_overwrite_what_its_successor_wrote(tmp_path: Path):
    home = new_home(tmp_path / "home")
    impatient(home)
    home.deliver("royalties", "2021-12-01", "plays.csv", plays(*["L1,T1,60000"] * MANY))
    with running(home) as product:
        zombie, run_id = hung_worker(product)
        try:
            home.deliver("royalties", "2021-12-01", "plays.csv", plays("L2,T2,90000", "L2,T2,90000"))
            with product.instance() as instance:
                given_up = wait_until(
                    lambda: (run := instance.get_run_by_id(run_id)) and run.status == dg.DagsterRunStatus.FAILURE,
                    lambda: f"{instance.get_run_by_id(run_id)}",
                )
            assert given_up
            settled(product)
            written = home.rows("FROM royalties.plays")
            assert [row[1] for row in written] == ["L2", "L2"], "the successor wrote the corrected delivery"
        finally:
            with contextlib.suppress(ProcessLookupError):  # it may have been killed already
                os.kill(zombie, signal.SIGCONT)
        wait_until(lambda: not alive(zombie), lambda: "the revived worker does not end")
        settled(product)
        assert home.rows("FROM royalties.plays") == written


def impatient(home: Home) -> None:
    """The yaml of the product, but for how soon a run is given up."""
    open_instance(home.path).dispose()
    path = home.path / "dagster" / "dagster.yaml"
    text = re.sub(r"max_runtime_seconds: \d+", f"max_runtime_seconds: {GIVEN_UP_AFTER_S}", path.read_text())
    path.write_text(re.sub(r"(poll_interval_seconds|free_slots_after_run_end_seconds): \d+", r"\1: 5", text))


def hung_worker(product: Running) -> tuple[int, str]:
    """Stops the worker that reads the plays, in the middle of it; its process and its run."""
    with product.instance() as instance:

        def reading() -> tuple[int, str] | None:
            for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
                for record in instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.STEP_START).records:
                    event = record.event_log_entry.dagster_event
                    if event and event.step_key == "raw__plays" and event.pid:
                        return event.pid, run.run_id
            return None

        found = wait_until(reading, lambda: product.log.read_text()[-3000:], every_s=0.02)
    os.kill(found[0], signal.SIGSTOP)
    return found


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return False
