"""What a job is made of: contenders that do the same work, and what is asked of them."""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from bench.homes import copied, environment, songify

Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Contender:
    """Something that does the job: what to do before each run, its command and environment, and its result.

    A command that `tells_seconds` prints as its last line how long the job took; of others the whole process counts.
    A command that does only a part of the job counts as `times` such commands, one after the other.
    """

    before: Callable[[], None]
    command: list[str]
    env: Mapping[str, str]
    result: Callable[[], Rows] | None
    tells_seconds: bool = False
    times: int = 1


@dataclass(frozen=True)
class Job:
    """A job at a size: `prepare` makes the input and the contenders, the product first; `source` is what they read.

    `targets` are what the product's time may be as a share of each peer's. Below the scale `judged_from` the start of a
    process is most of what is measured: there `small_targets` count, what such an input usually takes.
    """

    name: str
    title: str
    prepare: Callable[[Path, float], dict[str, Contender]]
    source: Callable[[Path, float], Path]
    targets: Mapping[str, float] = field(default_factory=dict)
    most_bytes: int | None = None
    most_seconds: float | None = None
    judged_from: float = 0.5
    small_targets: Mapping[str, float] = field(default_factory=dict)

    def goals(self, scale: float) -> Mapping[str, float]:
        """The targets that count at a scale."""
        return self.targets if scale >= self.judged_from else self.small_targets


def loading(before: Path, home: Path, drops: Path, args: list[str], result: Callable[[], Rows] | None) -> Contender:
    """`songify load` into a copy of a home."""
    return Contender(lambda: _forget(copied(before, home)), songify("load", *args), environment(home, drops), result)


def materializing(before: Path, home: Path, drops: Path, args: list[str], result: Callable[[], Rows]) -> Contender:
    """`dagster asset materialize` in a copy of a home."""
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "-m", "songify_assets.definitions", *args]
    env = {**environment(home, drops), "DAGSTER_HOME": str(home / "dagster")}
    return Contender(lambda: _forget(copied(before, home)), command, env, result)


def warm(before: Path, home: Path, drops: Path, args: list[str], result: Callable[[], Rows]) -> Contender:
    """A load in a process that has just done the like (see `bench.warm`), in a copy of a home."""
    command = [sys.executable, "-m", "bench.warm", *args]
    env = environment(home, drops)
    return Contender(lambda: _forget(copied(before, home)), command, env, result, tells_seconds=True)


def peer(work: Path, module: str, source: Path, sql: str | None, state: Path | None = None) -> Contender:
    """A peer: `python -m bench.peers.MODULE SOURCE OUT`, where OUT begins as a copy of `state`; `sql` reads its result.

    In `sql` two braces stand for OUT.
    """
    out = work / "out"

    def before() -> None:
        shutil.rmtree(out, ignore_errors=True)
        if state:
            shutil.copytree(state, out)
        else:
            out.mkdir()

    command = [sys.executable, "-m", f"bench.peers.{module}", str(source), str(out)]
    result = None if sql is None else lambda: duckdb.sql(sql.format(out)).fetchall()
    return Contender(before, command, environment(work, work), result)


def warehouse(home: Path, sql: str) -> Rows:
    """Rows of the published warehouse."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as db:
        return db.execute(sql).fetchall()


def _forget(value: object) -> None:
    """Forgets a value."""
