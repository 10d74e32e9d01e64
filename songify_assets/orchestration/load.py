"""One load: look at the drops, land what is complete and new, compute what that touches, publish the warehouse."""

import fcntl
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from songify_assets.errors import SettingsError, SongifyError, SourceUnreachable
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.landing import Look
from songify_assets.foundation.ledger.rebuilding import complete_manifests
from songify_assets.foundation.store import Store
from songify_assets.orchestration.automation.looks import look_at
from songify_assets.orchestration.planner.left_behind import left_behind
from songify_assets.orchestration.planner.missing import mend
from songify_assets.orchestration.planner.new_day import mark_new_day
from songify_assets.orchestration.planner.planner import Planner
from songify_assets.orchestration.planner.unfinished import Unfinished, held_since, refused_since
from songify_assets.orchestration.planner.upgrades import mark_changed
from songify_assets.orchestration.runs import Outcome, end_orphans, run_stale

ABANDONED_AFTER_S = 24 * 3600
Tell = Callable[[str], None]


@dataclass
class LoadReport:
    """What a load found, did and could not do."""

    looks: list[Look] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)
    kept: dict[str, str] = field(default_factory=dict)
    killed_refused: dict[str, str] = field(default_factory=dict)
    killed_held: dict[str, str] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    quarantined_rows: int = 0
    seconds: float = 0

    @property
    def unreachable(self) -> list[SourceUnreachable]:
        """What could not be reached: sources, or parts of them."""
        return [error for look in self.looks for error in look.unreachable]

    @property
    def errors(self) -> list[SongifyError]:
        """Why files could not be landed that are no fault of theirs."""
        return [error for look in self.looks for error in look.errors]

    @property
    def exit_status(self) -> int:
        """0 all good, 1 a run or a blocking check failed or a file was refused, 2 a setting is wrong, 3 a source could not be reached."""
        if any(isinstance(error, SettingsError) for error in self.errors):
            return 2
        refused = any(look.refused for look in self.looks) or self.killed_refused or self.killed_held
        return 1 if self.errors or refused or self.outcome.blocked else 3 if self.unreachable else 0


def load(
    definitions: dg.Definitions,
    planner: Planner,
    feeds: Sequence[Feed],
    instance: dg.DagsterInstance,
    *,
    sources: Sequence[str],
    since: date,
    until: date,
    tell: Tell,
) -> LoadReport:
    """Loads what was delivered by these sources for these delivery dates; bad input never stops good input."""
    started, report, store = time.monotonic(), LoadReport(), planner.store
    with alone(store.settings.home, tell):
        unfinished = Unfinished(store.settings.home)
        end_orphans(instance)
        _sweep(store.settings.home)
        again = [source for source in sources if _look(report, store, feeds, source, since, until, tell)]
        if again:
            wait = max(look.wait_seconds for look in report.looks)
            waiting = sum(len(look.waiting) for look in report.looks)
            tell(f"files younger than SONGIFY_SETTLE_SECONDS: {waiting}; looking again in {wait:.0f} s")
            time.sleep(wait)
            for source in again:
                _look(report, store, feeds, source, since, until, tell)
        complete_manifests(store.ledger)
        report.changed = mark_changed(store, planner.triggers.nodes)
        report.lost = mend(store, planner.triggers, feeds)
        mark_new_day(store, planner.triggers.nodes)
        report.outcome = run_stale(definitions, planner, instance, tell)
        report.kept = left_behind(planner, instance)
        if unfinished.since:
            _tell_of_killed(report, store, feeds, unfinished.since)
        unfinished.ended()
    report.quarantined_rows = sum(one.refused for feed in feeds for one in store.ledger.deliveries(feed.name))
    report.seconds = time.monotonic() - started
    return report


def _tell_of_killed(report: LoadReport, store: Store, feeds: Sequence[Feed], since: datetime) -> None:
    """Adds what a killed load would have told, and this one does not tell by itself."""
    told = {error.where for look in report.looks for error in look.refused}
    refused = refused_since(store, since)
    report.killed_refused = {place: why for place, why in refused.items() if place not in told}
    held = {check.asset for check in report.outcome.failed_checks if check.blocking}
    still = held_since(store, feeds, since)
    report.killed_held = {dump: why for dump, why in still.items() if dump.split()[0] not in held}


def _look(
    report: LoadReport, store: Store, feeds: Sequence[Feed], source: str, since: date, until: date, tell: Tell
) -> bool:
    """Looks at one source; whether some files still have to settle."""
    look = look_at(store, source, feeds, tell, since=since, until=until)
    report.looks = [*(one for one in report.looks if one.source != source), _merged(report, look)]
    return bool(look.waiting)


def _merged(report: LoadReport, look: Look) -> Look:
    """A second look with what the first one did; what the first saw growing or in trouble is up to the second."""
    for before in report.looks:
        if before.source == look.source:
            look.landed = before.landed + look.landed
            look.notes = before.notes + look.notes
            look.refused = before.refused + look.refused
    return look


def _sweep(home: Path) -> None:
    """Removes unfinished files of processes that were killed long ago."""
    unfinished = [
        *(home / "lake" / ".staging").glob("*"),
        *(home / "landing" / "incoming").glob("*"),
        *(home / "landing" / "files").glob("*/.reading-*"),
        *home.glob(".warehouse-*"),
    ]
    for path in unfinished:
        if time.time() - path.stat().st_mtime > ABANDONED_AFTER_S:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextmanager
def alone(home: Path, tell: Tell) -> Iterator[Any]:
    """One load at a time in a home; the lock goes with the process, however it ends."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "load.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("another load is running in this SONGIFY_HOME; waiting for it to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
