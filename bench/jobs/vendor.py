"""Full dumps of a vendor: raw, history and latest from the newest of them."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from bench.homes import environment, generated, loaded
from bench.jobs.job import Contender, Job, Rows, loading, peer

EARLIER = 30
FIRST, SECOND, LAST = "2021-12-01", "2021-12-02", "2021-12-31"
CHANGES = "SELECT event::VARCHAR, count(*) FROM '{}' GROUP BY ALL ORDER BY ALL"
MADE = "SELECT event, changes FROM '{}/changes.parquet' ORDER BY ALL"


def dump_history(work: Path, scale: float) -> dict[str, Contender]:
    """The 31st dump of reviews, and for comparison the second one."""
    contenders = _next_dump(work, scale, EARLIER)
    drops, one, home = _dumps(work, scale, EARLIER), work / f"dumps-one-{scale:g}", work / "home"
    if not one.exists():
        loaded(one, drops, "--until", FIRST)
    product = contenders.pop("product")
    second = loading(one, home, drops, ["--until", SECOND], None)
    return {"product": product, "second_dump": second, **contenders}


def dump_large(work: Path, scale: float) -> dict[str, Contender]:
    """The second dump of reviews; of ten million, thirty earlier ones do not fit on the disk of a small machine."""
    return _next_dump(work, scale, 1)


def _next_dump(work: Path, scale: float, earlier: int) -> dict[str, Contender]:
    """A dump after some earlier ones; peers know only the last of these, which spares them the history before it."""
    drops = generated(_dumps(work, scale, earlier), earlier + 1, 20_000 * scale, ["vendor"], broken=False)
    last, before = (sorted((drops / "vendor").iterdir())[place] for place in (-1, -2))
    known, home = work / f"dumps-known-{earlier}-{scale:g}", work / "home"
    if not known.exists():
        loaded(known, drops, "--until", before.name)

    def changes() -> Rows:
        stored = f"{home}/lake/vendor/reviews_history/delivered_on={last.name}/*.parquet"
        return duckdb.sql(CHANGES.format(stored)).fetchall()

    peers = {
        name: peer(work, f"history_{name}", last, MADE, _prepared(work, f"{earlier}-{scale:g}", name, before))
        for name in ("duckdb", "dbt", "dlt")
    }
    return {"product": loading(known, home, drops, [], changes), **peers, "floor": peer(work, "floor", last, None)}


def _dumps(work: Path, scale: float, earlier: int) -> Path:
    return work / f"dumps-{earlier}-{scale:g}"


def history_step(work: Path, scale: float) -> dict[str, Contender]:
    """Only what the second dump changed from the first, both typed Parquet already."""
    typed = work / f"typed-{scale:g}"
    if not typed.exists():
        home = work / "pair-home"
        loaded(home, generated(_dumps(work, scale, 1), 2, 20_000 * scale, ["vendor"], broken=False))
        for day in (FIRST, SECOND):
            (typed / day).mkdir(parents=True)
            raw = f"{home}/lake/raw/reviews/delivered_on={day}/*.parquet"
            rows = f"SELECT * EXCLUDE (record, delivered_on) FROM '{raw}'"
            duckdb.sql(f"COPY ({rows}) TO '{typed}/{day}/raw.parquet' (FORMAT parquet)")
        shutil.rmtree(home)
    states = {name: _prepared(work, f"typed-{scale:g}", name, typed / FIRST) for name in ("product", "dbt")}
    steps = {name: peer(work, f"history_{name}", typed / SECOND, MADE, state) for name, state in states.items()}
    return {**steps, "floor": peer(work, "floor", typed, None)}


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
    lambda work, scale: _dumps(work, scale, EARLIER) / "vendor" / LAST,
    targets={"second_dump": 1.2, "duckdb": 1.0, "dbt": 0.5, "dlt": 0.1},
    most_bytes=3_000_000_000,
    judged_from=0.1,
    small_targets={"duckdb": 16},
)
DUMP_LARGE = Job(
    "dump_large",
    "a vendor's full dump after one earlier one: raw, history, latest (10 million records at scale 1)",
    dump_large,
    lambda work, scale: _dumps(work, scale, 1) / "vendor" / SECOND,
    targets={"duckdb": 1.0, "dbt": 0.5, "dlt": 0.1},
    most_bytes=3_000_000_000,
    small_targets={"duckdb": 16},
)
HISTORY_STEP = Job(
    "history_step",
    "the history step alone, from typed Parquet of two dumps (10 million records at scale 1)",
    history_step,
    lambda work, scale: work / f"typed-{scale:g}",
    targets={"dbt": 0.1},
    most_bytes=3_000_000_000,
    judged_from=0.1,
)
