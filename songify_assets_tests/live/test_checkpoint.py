"""Counts come back from a checkpoint as they were, and minutes that memory has let go of come back when they are needed."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from songify_assets.live.checkpoint import Checkpoint, State
from songify_assets.live.counts import Counted, Counts
from songify_assets.live.log import Position
from songify_assets.live.readings import Readings
from songify_assets.live.seconds import Seconds
from songify_assets.live.steps import Steps
from songify_assets.live.users import Users

MINUTE_US = 60_000_000
START_US = 1_795_900_020_000_000 // MINUTE_US * MINUTE_US
GRAINS = [
    {"grain": "second"},
    {"grain": "minute", "by": "country"},
    {"grain": "hour", "by": "country"},
    {"grain": "hour"},
]


class Simulated:
    """Counts with a clock of their own, which keep a checkpoint."""

    def __init__(self, path: Path, now_us: int) -> None:
        self.now_us, self.checkpoint = now_us, Checkpoint(path)
        users, steps = Users(self.checkpoint.users_of), Steps(self.checkpoint.times_of)
        self.counts = Counts(Seconds(), users, steps, MINUTE_US, lambda: self.now_us)
        self.checkpoint.read(self.counts, now_us)
        self.readings = Readings(self.counts)

    def arrive(self, stream: str, frame: pl.DataFrame) -> None:
        self.counts.add([Counted(Position(0, self.counts.read_to.row + 1), stream, self.now_us, frame, ())])
        self.counts.catch_up()

    def save(self) -> None:
        state = State.of(self.counts)
        self.checkpoint.save(state)
        self.counts.users.release(state.as_of_us // MINUTE_US)
        self.counts.steps.release(state.as_of_us // MINUTE_US)

    def rows(self) -> list[dict[str, Any]]:
        logins = [row for query in GRAINS for row in self.readings.logins(query)["data"]]
        return [self.readings.total({}), *logins]

    def times(self) -> list[dict[str, Any]]:
        return [row for scope in ("window", "all") for row in self.readings.steps({"scope": scope})["data"]]


def same(one: Simulated, other: Simulated) -> None:
    """Exactly; only estimates may be others, as they depend on the way that a sketch has taken."""
    pairs = list(zip(one.rows(), other.rows(), strict=True))
    assert [{**mine, "users": 0} for mine, _ in pairs] == [{**its, "users": 0} for _, its in pairs]
    assert all(
        abs(mine["users"] - its["users"]) <= 2 * its["users_error"] * its["users"]
        for mine, its in pairs
        if its["users"]
    )
    for mine, its in zip(one.times(), other.times(), strict=True):
        exact = ("feature", "step", "n", "min_ms", "max_ms")
        assert [mine[name] for name in exact] == [its[name] for name in exact]
        assert abs(mine["mean_ms"] / its["mean_ms"] - 1) < 1e-9
        assert abs(mine["variance"] / its["variance"] - 1) < 1e-9
        assert abs(mine["p50_ms"] - its["p50_ms"]) <= 1000 * 2 * its["rank_error"] + 1e-9


def events(chance: np.random.Generator, end_us: int, span_us: int, **others: list[object]) -> pl.DataFrame:
    at = pl.Series(end_us - chance.integers(1, span_us, 40)).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    users = [f"u{number}" for number in chance.integers(0, 5000, 40)]
    chosen = {name: [values[n] for n in chance.integers(0, len(values), 40)] for name, values in others.items()}
    return pl.DataFrame({"user_id": users, "occurred_at": at, **chosen})


def arrive(at: Simulated, chance: np.random.Generator, span_us: int) -> None:
    at.arrive("logins", events(chance, at.now_us, span_us, country=["SE", "NO", None]))
    times = chance.random(40) * 1000
    at.arrive(
        "steps", events(chance, at.now_us, span_us, feature=["a", "b"], step=["s"]).with_columns(duration_ms=times)
    )


def test_counts_are_the_same_after_a_start_and_for_minutes_that_were_let_go(tmp_path: Path):
    path, chance = tmp_path / "counts.sqlite", np.random.default_rng(1)
    kept, whole = Simulated(path, START_US), Simulated(Path(tempfile.mkdtemp(dir=tmp_path), "none"), START_US)
    for minute in range(13 * 60):
        state = chance.bit_generator.state
        for one in (kept, whole):
            chance.bit_generator.state = state
            one.now_us += 2 * MINUTE_US
            # Now and then some come that are up to 23 hours late, for minutes that only the checkpoint still has.
            arrive(one, chance, 23 * 60 * MINUTE_US if minute % 50 == 49 else 3 * MINUTE_US)
        if minute % 20 == 19:
            kept.save()
        if minute % 300 == 299:
            same(kept, whole)
    kept.save()
    again = Simulated(path, kept.now_us)
    again.counts.catch_up()
    same(again, whole)
    same(kept, whole)
    state = chance.bit_generator.state
    for one in (kept, again, whole):
        chance.bit_generator.state = state
        arrive(one, chance, 23 * 60 * MINUTE_US)
    same(again, whole)
    same(kept, whole)
