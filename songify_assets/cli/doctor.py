"""`songify doctor`."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import typer

from songify_assets.cli.load import MOST_LINES
from songify_assets.cli.session import Progress
from songify_assets.cli.terminal import say
from songify_assets.errors import SongifyError, SourceUnreachable, unexpected
from songify_assets.settings import PREFIX, SOURCE_URL, Settings, load_settings, variables

LOW_DISK_BYTES = 5 << 30


def doctor() -> None:
    """Tell what is wrong with this installation and its settings, and how to mend it."""
    problems = 0
    for fine, says in examine():
        say(f"{'ok     ' if fine else 'PROBLEM'}  {says}")
        problems += not fine
    say(
        "All is well."
        if not problems
        else f"{problems} problem{'s' * (problems > 1)}: each line above says how to mend it."
    )
    raise typer.Exit(2 if problems else 0)


def examine() -> Iterator[tuple[bool, str]]:
    """One finding after the other: whether it is fine, and what it says."""
    yield sys.version_info >= (3, 11), f"Python {sys.version.split()[0]} (3.11 or newer is needed)"
    try:
        settings = load_settings()
    except SongifyError as error:
        yield False, str(error)
        return
    yield True, "settings can be read"
    for name in unknown_variables():
        yield (
            False,
            f"{name} is no setting of ours, perhaps misspelt. Correct or remove it; see the settings in the README.",
        )
    writable = _home(settings.home)
    yield writable
    yield _disk(settings.home)
    if "DAGSTER_HOME" in os.environ and Path(os.environ["DAGSTER_HOME"]) != settings.home / "dagster":
        yield (
            False,
            f"DAGSTER_HOME is not {settings.home / 'dagster'}: the web UI would show another instance. Set it so, or unset it.",
        )
    if writable[0]:
        yield _dagster(settings.home)
    yield from _sources(settings)
    yield from _kept(settings)
    yield from _alerts(settings)


def _home(home: Path) -> tuple[bool, str]:
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / ".doctor").write_text("ok")
        (home / ".doctor").unlink()
    except OSError as error:
        return False, f"SONGIFY_HOME: {home} cannot be written ({error.strerror}). Name a folder of yours."
    return True, f"SONGIFY_HOME is {home}"


def _disk(home: Path) -> tuple[bool, str]:
    free = shutil.disk_usage(home if home.exists() else home.parent).free
    return (
        free > LOW_DISK_BYTES,
        f"{free / 1e9:,.0f} GB free for SONGIFY_HOME (free some below {LOW_DISK_BYTES / 1e9:,.0f} GB)",
    )


def _dagster(home: Path) -> tuple[bool, str]:
    from songify_assets.orchestration.dagster_internals.storage import trouble
    from songify_assets.orchestration.instance import open_instance

    try:
        open_instance(home).dispose()
    except SongifyError as error:
        return False, str(error)
    found = trouble(home)
    return found is None, str(found or "Dagster's storage can be opened")


def _sources(settings: Settings) -> Iterator[tuple[bool, str]]:
    from songify_assets.definitions import CATALOG
    from songify_assets.foundation.sources import Listed, open_drops

    progress = Progress()
    for source in dict.fromkeys(feed.source for feed in CATALOG.feeds):
        url, folder = settings.place_of(source)
        try:
            with open_drops(url, folder, settings.ftps_ca, progress, setting=settings.setting_of(source)) as drops:
                entries = list(drops.look())
            problems = [entry for entry in entries if isinstance(entry, SourceUnreachable)]
            files = sum(1 for entry in entries if isinstance(entry, Listed))
            yield not problems, "; ".join([f"{source}: {files} files at {drops.place}", *map(str, problems[:5])])
        except SongifyError as error:
            yield False, f"{source}: {error}"
        except Exception as error:
            yield False, str(unexpected(error, f"source {source}"))
        finally:
            progress.done()


def _alerts(settings: Settings) -> Iterator[tuple[bool, str]]:
    from songify_assets.orchestration.alerts.delivery import problems_of_urls

    mistakes = problems_of_urls(settings.alert_urls) if settings.alert_urls else []
    yield from ((False, mistake) for mistake in mistakes)
    if not mistakes:
        yield True, f"{len(settings.alert_urls)} alert addresses (SONGIFY_ALERT_URLS)"


def _kept(settings: Settings) -> Iterator[tuple[bool, str]]:
    """The ledger, the landed bytes and the tables: what of them is missing or damaged."""
    from songify_assets.foundation.ledger.rebuilding import damage

    path = settings.home / "ledger.sqlite"
    try:
        what = damage(path, settings.home / "landing")
    except SongifyError as error:
        yield False, str(error)
        return
    if what:
        yield False, f"{path}: the ledger is {what}. Run `songify rebuild`: it makes it again from what has landed."
        return
    if not path.exists():
        return
    yield True, "the ledger is sound"
    from songify_assets.definitions import CATALOG, build_store, build_triggers
    from songify_assets.foundation.ledger.statements import statements
    from songify_assets.foundation.statements import REMEDY, trouble
    from songify_assets.orchestration.planner.missing import broken_partitions, missing_partitions
    from songify_assets.orchestration.planner.rebuilding import lost_bytes

    try:
        store = build_store(settings)
        lost = lost_bytes(store)
        broken = {f"{table} {key}".strip(): why for (table, key), why in broken_partitions(store).items()}
        waiting = {f"{asset} {key}".strip() for asset, keys in store.ledger.stale().items() for key in keys}
        for asset, key in missing_partitions(store, build_triggers(CATALOG), CATALOG.feeds):
            name = f"{asset} {key}".strip()
            if name not in waiting:
                broken.setdefault(name, "it is missing")
        unsound = {one.name: why for one in statements(store.ledger) if (why := trouble(store.lake, one))}
    except SongifyError as error:
        yield False, str(error)
        return
    yield from _first(f"{name}: {why}. {REMEDY}" for name, why in unsound.items())
    yield from _first(f"{name}: {why}. Run `songify load`: it is computed again." for name, why in broken.items())
    yield from _first(
        f"{place}: {why}. Run `songify rebuild`, then `songify load`." for place, (_, why) in lost.items()
    )
    if not broken and not lost and not unsound:
        yield True, "what has landed and what was computed is there"


def _first(problems: Iterable[str]) -> Iterator[tuple[bool, str]]:
    problems = list(problems)
    yield from ((False, problem) for problem in problems[:MOST_LINES])
    if len(problems) > MOST_LINES:
        yield False, f"… and {len(problems) - MOST_LINES:,} more of them"


def unknown_variables() -> list[str]:
    """Variables that look like settings but are none, most likely misspelt."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    others = (SOURCE_URL, f"{PREFIX}TESTS_", f"{PREFIX}REAL_")
    return sorted(
        name for name in variables() if name.startswith(PREFIX) and name not in known and not name.startswith(others)
    )
