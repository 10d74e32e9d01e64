"""Power cuts and killed processes while the sensors do all the work; and a worker that comes back from the dead."""

import contextlib
import os
import random
import signal
import time
from pathlib import Path

import dagster as dg
import pytest

from songify_assets_tests.daemon import Running, running, settled
from songify_assets_tests.home import Home, new_home

pytestmark = pytest.mark.long

KILLS = 10
TABLES = """SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE schema_name NOT IN ('main', 'quarantine') AND table_name <> 'publications'
            UNION SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1"""


def test_after_ten_kills_at_random_moments_everything_is_as_if_there_had_been_none(tmp_path: Path):
    calm, home = new_home(tmp_path / "calm"), new_home(tmp_path / "home")
    for one in (calm, home):
        one.songify("generate", str(one.path / "drops"), "--days", "2", "--scale", "0.2")
    calm.load()
    chance, kills = random.Random(20211201), 0
    while kills < KILLS:
        with running(home) as product:
            for _ in range(chance.choice([1, 2, 3])):
                time.sleep(chance.uniform(1, 8))
                kills += kill_a_worker(product, chance)
            product.kill()
            kills += 1
    with running(home) as product:
        settled(product)
        assert not [pool for pool, info in pools(product).items() if info.claimed_slots], "no pool is held"
    assert contents(home) == contents(calm)
    assert not list((home.path / "lake").rglob("*.tmp")), "nothing half written lies in the tables"


def kill_a_worker(product: Running, chance: random.Random) -> int:
    """Kills the process of a run that goes on; 1 if there was one."""
    with product.instance() as instance:
        going = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
        if not going:
            return 0
        began = instance.get_records_for_run(chance.choice(going).run_id, of_type=dg.DagsterEventType.RUN_START).records
    with contextlib.suppress(ProcessLookupError, IndexError):
        os.kill(began[-1].event_log_entry.dagster_event.pid, signal.SIGKILL)
        return 1
    return 0


def pools(product: Running) -> dict[str, "dg.ConcurrencyKeyInfo"]:
    with product.instance() as instance:
        storage = instance.event_log_storage
        return {key: storage.get_concurrency_info(key) for key in storage.get_concurrency_keys()}


def contents(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the warehouse, in an order of their own."""
    tables = [row[0] for row in home.rows(TABLES)]
    return {table: sorted(home.rows(f"FROM {table}"), key=repr) for table in tables}
