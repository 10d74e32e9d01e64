"""Full dumps of a vendor: raw, history and latest from the newest of them."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from bench.homes import environment, generated, loaded
from bench.jobs.job import Contender, Job, Rows, loading, peer

EARLIER = 30
FIRST, SECOND, LAST_BUT_ONE, LAST = "2021-12-01", "2021-12-02", "2021-12-30", "2021-12-31"
CHANGES = "SELECT event::VARCHAR, count(*) FROM '{}' GROUP BY ALL ORDER BY ALL"
MADE = "SELECT event, changes FROM '{}/changes.parquet' ORDER BY ALL"


def dump_history(work: Path, scale: float) -> dict[str, Contender]:
    """The 31st dump of reviews; peers know only the 30th, which spares them the history before it."""
    drops = generated(work / f"dumps-{scale:g}", EARLIER + 1, 20_000 * scale, ["vendor"], broken=False)
    dumps = drops / "vendor"
    thirty, one, home = work / f"dumps-30-{scale:g}", work / f"dumps-1-{scale:g}", work / "home"
    if not thirty.exists():
        loaded(thirty, drops, "--until", LAST_BUT_ONE)
    if not one.exists():
        loaded(one, drops, "--until", FIRST)

    def changes() -> Rows:
        return duckdb.sql(
            CHANGES.format(f"{home}/lake/vendor/reviews_history/delivered_on={LAST}/*.parquet")
        ).fetchall()

    return {
        "product": loading(thirty, home, drops, [], changes),
        "second_dump": loading(one, home, drops, ["--until", SECOND], None),
        **{
            name: peer(
                work, f"history_{name}", dumps / LAST, MADE, _prepared(work, f"{scale:g}", name, dumps / LAST_BUT_ONE)
            )
            for name in ("duckdb", "dbt", "dlt")
        },
    }


def history_step(work: Path, scale: float) -> dict[str, Contender]:
    """Only what the second dump changed from the first, both typed Parquet already, and the newest versions."""
    typed = work / f"typed-{scale:g}"
    if not typed.exists():
        home = work / "pair-home"
        loaded(home, generated(work / f"pair-{scale:g}", 2, 20_000 * scale, ["vendor"], broken=False))
        for day in (FIRST, SECOND):
            (typed / day).mkdir(parents=True)
            raw = f"{home}/lake/raw/reviews/delivered_on={day}/*.parquet"
            rows = f"SELECT * EXCLUDE (record, delivered_on) FROM '{raw}'"
            duckdb.sql(f"COPY ({rows}) TO '{typed}/{day}/raw.parquet' (FORMAT parquet)")
        shutil.rmtree(home)
    states = {name: _prepared(work, f"typed-{scale:g}", name, typed / FIRST) for name in ("product", "dbt")}
    return {name: peer(work, f"history_{name}", typed / SECOND, MADE, state) for name, state in states.items()}


def _prepared(work: Path, what: str, name: str, before: Path) -> Path:
    """The state of a peer after the dump before."""
    state = work / f"state-{name}-{what}"
    if not state.exists():
        making = state.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        command = [sys.executable, "-m", f"bench.peers.history_{name}", str(before), str(making)]
        if subprocess.run(command, env=environment(work, work), check=False, capture_output=True).returncode == 0:
            shutil.rmtree(making / "landed", ignore_errors=True)
        making.rename(state)
    return state


DUMP_HISTORY = Job(
    "dump_history",
    "a vendor's full dump after 30 earlier ones: raw, history, latest (10 million records at scale 1)",
    dump_history,
    lambda work, scale: work / f"dumps-{scale:g}" / "vendor" / LAST,
    targets={"second_dump": 1.2, "duckdb": 1.0, "dbt": 0.5, "dlt": 0.1},
    most_bytes=3_000_000_000,
    judged_from=0.1,
)
HISTORY_STEP = Job(
    "history_step",
    "the history step alone, from typed Parquet of two dumps",
    history_step,
    lambda work, scale: work / f"typed-{scale:g}",
    targets={"dbt": 0.1},
    most_bytes=3_000_000_000,
    judged_from=0.1,
)
