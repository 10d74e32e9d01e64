"""A home that lasts: whatever of it is missing, cut, read-only or full is said without a traceback, and comes back.

The cells of the table in `docs/operations.md`, "What may happen to a home".
"""

import contextlib
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from songify_assets.generator import generate
from songify_assets_tests.home import Home, new_home
from songify_assets_tests.killed import killed_at

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("one_core")]

SOURCES, DEFECTS = ("vendor", "royalties"), {"unparseable": 0.02}
COMMANDS = (["status"], ["quarantine", "list"])
PARTS = {"ledger": ".", "lake": "lake", "landing": "landing", "warehouse": "warehouse", "databases": "dagster"}
LINKS = ("warehouse", "full")  # it holds links, which take no space; the warehouse itself lies beside the ledger
F = "songify_assets.foundation."


def delivered(path: Path, days: int) -> None:
    first = date(2021, 12, 1)
    generate(path, days=days, scale=0.05, first_day=first, sources=SOURCES, defects=DEFECTS)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with two days loaded."""
    home = new_home(tmp_path_factory.mktemp("prepared") / "home")
    delivered(home.path / "drops", 2)
    home.load()
    return home


@pytest.fixture(scope="module")
def expected(prepared: Home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The tables after the third day."""
    home = copied(prepared, tmp_path_factory.mktemp("expected") / "home")
    delivered(home.path / "drops", 3)
    home.load()
    return tables(home)


@pytest.fixture
def home(prepared: Home, tmp_path: Path) -> Home:
    return copied(prepared, tmp_path / "home")


def copied(home: Home, path: Path) -> Home:
    shutil.copytree(home.path, path, symlinks=True)
    (path / "warehouse.duckdb").unlink()  # its views name the files of the home that it was copied from
    return Home(path)


def tables(home: Home) -> dict[str, list[Any]]:
    listed = home.rows(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_name <> 'publications' ORDER BY 1, 2"
    )
    return {
        f"{schema}.{name}": sorted(
            home.rows(f'FROM "{schema}"."{name}"{" SELECT * EXCLUDE quarantined_at" * (schema == "quarantine")}'),
            key=repr,
        )
        for schema, name in listed
    }


def goes_on(home: Home, expected: dict[str, list[Any]], *before: str) -> None:
    """The next load, with a day more, has everything."""
    if before:
        mended = home.songify(*before)
        assert (mended.status, "Traceback" in mended.text) == (0, False), mended.text
    delivered(home.path / "drops", 3)
    loaded = home.songify("load")
    assert loaded.status == 0, loaded.text
    assert tables(home) == expected


def said_by_all(home: Home, *words: str) -> None:
    """No command shows a traceback; doctor and load say what is wrong, where, and what to do."""
    for command in COMMANDS:
        assert "Traceback" not in home.songify(*command).text, command
    for command in ("doctor", "load"):
        result = home.songify(command)
        assert result.status in (1, 2), result.text
        assert "Traceback" not in result.text
        assert all(word in result.text for word in words), result.text


@pytest.mark.parametrize("trouble", ["missing", "cut"])
def test_a_ledger_that_is_lost_or_cut_is_made_again_from_the_manifests(
    home: Home, expected: dict[str, list[Any]], trouble: str
) -> None:
    hurt(home.path / "ledger.sqlite", trouble)
    said_by_all(home, "ledger.sqlite", "songify rebuild")
    goes_on(home, expected, "rebuild")


@pytest.mark.parametrize("trouble", ["missing", "cut"])
def test_partitions_of_the_lake_that_are_lost_or_cut_are_named_and_computed_again(
    home: Home, expected: dict[str, list[Any]], trouble: str
) -> None:
    for part in ("royalties/plays/play_date=2021-12-02", "vendor/books", "raw/tracks/delivered_on=2021-12-01"):
        hurt(home.path / "lake" / part / "part-0.parquet", trouble)
    said = home.songify("doctor")
    for table in ("royalties/plays 2021-12-02", "vendor/books", "raw/tracks 2021-12-01"):
        assert f"{table}: its file is {trouble}" in said.out
    assert (said.status, home.songify("rebuild", "--table", "raw/tracks").status) == (2, 0)
    goes_on(home, expected)
    assert "what has landed and what was computed is there" in home.songify("doctor").out


@pytest.mark.parametrize("trouble", ["missing", "cut"])
def test_landed_bytes_that_are_lost_or_cut_are_named_and_fetched_again(
    home: Home, expected: dict[str, list[Any]], trouble: str
) -> None:
    [largest] = sorted((home.path / "landing" / "files").glob("*/*[!l]"), key=lambda path: path.stat().st_size)[-1:]
    hurt(largest, trouble)
    said = home.songify("doctor")
    assert f"its landed bytes are {trouble}" in said.out
    rebuilt = home.songify("rebuild")
    assert (rebuilt.status, "Traceback" in rebuilt.text) == (1, False), rebuilt.text
    goes_on(home, expected)


@pytest.mark.parametrize("trouble", ["missing", "cut"])
def test_a_warehouse_that_is_lost_or_cut_is_published_again(
    prepared: Home, home: Home, expected: dict[str, list[Any]], trouble: str
) -> None:
    shutil.copyfile(prepared.path / "warehouse.duckdb", home.path / "warehouse.duckdb")
    hurt(home.path / "warehouse.duckdb", trouble)
    said = home.songify("answers")
    assert "songify load" in said.err
    assert "Traceback" not in said.text
    assert home.songify("load").status == 0
    assert home.rows("SELECT count(*) FROM vendor.books") != [(0,)]
    goes_on(home, expected)


@pytest.mark.parametrize(
    ("database", "trouble"),
    [("history/runs/index.db", "missing"), ("history/runs/index.db", "cut"), ("history/runs.db", "cut")],
)
def test_databases_of_dagster_that_are_lost_or_cut_are_put_aside(
    home: Home, expected: dict[str, list[Any]], database: str, trouble: str
) -> None:
    hurt(home.path / "dagster" / database, trouble)
    if trouble == "cut":
        said_by_all(home, database, "songify rebuild")
    goes_on(home, expected, *(["rebuild", "--table", "raw/tracks"] if trouble == "cut" else []))


@pytest.mark.parametrize(
    ("part", "trouble"),
    [(part, trouble) for part in PARTS for trouble in ("read-only", "full") if (part, trouble) != LINKS],
)
def test_a_disk_that_is_full_or_read_only_is_named_and_the_next_load_goes_on(
    home: Home, expected: dict[str, list[Any]], part: str, trouble: str
) -> None:
    home.load()
    with mounted(home.path / PARTS[part]) as disk:
        delivered(home.path / "drops", 3)
        disk.hurt(trouble)
        result = home.songify("load")
        assert "Traceback" not in result.text, result.text
        assert result.status == 1, result.text
        assert str(home.path) in result.text
        assert (
            "full" in result.text or "space" in result.text
            if trouble == "full"
            else "writ" in result.text or "Read-only" in result.text
        )
        disk.mend()
        goes_on(home, expected)


@pytest.mark.parametrize(
    ("step", "when"),
    [
        (f"{F}ledger.rebuilding:events", "after"),
        ("pathlib:Path.rename", "after"),
        (f"{F}ledger.rebuilding:make_again", "after"),
        ("songify_assets.orchestration.planner.rebuilding:forget_tables", "after"),
        (f"{F}delivery.holding:judge", "after"),
    ],
)
def test_a_rebuild_killed_at_any_step_goes_on_when_asked_again(
    home: Home, expected: dict[str, list[Any]], step: str, when: str
) -> None:
    hurt(home.path / "ledger.sqlite", "cut")
    assert killed_at(home, step, when, "rebuild")
    goes_on(home, expected, "rebuild")


def test_a_home_of_the_version_before_is_upgraded_by_its_next_load(home: Home, expected: dict[str, list[Any]]) -> None:
    """That version kept neither manifests nor fingerprints, and one of its tables had other columns."""
    for manifest in [*(home.path / "landing").rglob("*.jsonl"), home.path / "landing" / "manifests"]:
        manifest.unlink()
    with closing(sqlite3.connect(home.path / "ledger.sqlite", isolation_level=None)) as db:
        db.execute("DROP TABLE fingerprints")
    for part in (home.path / "lake" / "royalties" / "plays").glob("*/part-0.parquet"):
        pl.read_parquet(part, hive_partitioning=False).drop("is_counted").write_parquet(part)
    upgraded = home.songify("load")
    assert upgraded.status == 0, upgraded.text
    for table in ("royalties/plays", "raw/books"):
        assert f"changed:      {table}: its definition has changed; 2 partitions are computed again." in upgraded.out
    assert "vendor/books:" not in upgraded.out, "its definition is the same"
    assert "changed:" not in home.songify("load").out
    hurt(home.path / "ledger.sqlite", "missing")
    goes_on(home, expected, "rebuild")


def hurt(path: Path, trouble: str) -> None:
    for beside in path.parent.glob(f"{path.name}-*"):
        beside.unlink()
    if trouble == "missing":
        path.unlink()
    else:
        with path.open("r+b") as file:
            file.truncate(max(1, path.stat().st_size // 2))


class Disk:
    """A small disk of its own for a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hurt(self, trouble: str) -> None:
        if trouble == "read-only":
            subprocess.run(["mount", "-o", "remount,ro", self.folder], check=True)
            return
        with contextlib.suppress(OSError), (self.folder / "filling").open("wb") as file:
            while file.write(bytes(1 << 16)):
                file.flush()

    def mend(self) -> None:
        subprocess.run(["mount", "-o", "remount,rw", self.folder], check=True)
        (self.folder / "filling").unlink(missing_ok=True)


@contextlib.contextmanager
def mounted(folder: Path) -> Iterator[Disk]:
    folder.mkdir(exist_ok=True)
    before = folder.with_name(f"{folder.name}-before")
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount")
    subprocess.run(["umount", "/mnt"], check=True)
    folder.rename(before)
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=True)
    try:
        shutil.copytree(before, folder, symlinks=True, dirs_exist_ok=True)
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
