"""A home that is compacted by the real command: killed at any moment, rebuilt, given late files, with the clock moved on."""

import json
import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from songify_assets_tests import nights
from songify_assets_tests.home import Home, csv, new_home, plays
from songify_assets_tests.killed import killed_at

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("one_core")]

FIRST, LARGE = date(2021, 11, 27), 260_000
F = "songify_assets.foundation."
# In the order in which a compaction comes to them, each with how many random moments of it are tried.
STEPS = {
    (f"{F}delivery.raw:take_away", "before"): 2,
    (f"{F}ledger.compacted:note_compacted", "before"): 1,
    (f"{F}lake:Lake.take", "before"): 2,
    (f"{F}lake:Lake.take", "after"): 2,
    (f"{F}landing.kept:compress", "before"): 2,
    (f"{F}landing.kept:_unpack", "before"): 2,
    (f"{F}landing.kept:_sync", "before"): 1,
    (f"{F}landing.kept:_sync", "after"): 2,
    (f"{F}landing.kept:compress", "after"): 2,
    (f"{F}packing:pack", "after"): 1,
    (f"{F}packing:same_rows", "after"): 1,
    (f"{F}lake:Lake.put_instead", "before"): 1,
    (f"{F}lake:Lake.put_instead", "after"): 1,
}


def filled(path: Path) -> Home:
    """A home with nights of all sources, and a day that is large enough to be packed."""
    home, chance = new_home(path), random.Random(2)
    for night in nights.nights(FIRST, 6):
        nights.deliver(home, night)
    ids = [chance.randbytes(16).hex() for _ in range(30_000)]
    rows = (f"{chance.choice(ids)},a,{chance.randrange(200_000)}" for _ in range(LARGE))
    home.deliver("royalties", str(FIRST + timedelta(days=1)), "plays.csv", plays(*rows))
    assert home.songify("load").status in (0, 1), "plays of shops that no dump lists are told"
    return home


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return filled(tmp_path_factory.mktemp("loaded") / "home")


@pytest.fixture
def home(loaded: Home, tmp_path: Path) -> Home:
    shutil.copytree(loaded.path, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def tables(home: Home) -> dict[str, list[tuple]]:
    """The rows of every table of the warehouse but what tells of publications, the larger ones summed up."""
    names = home.rows("SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema <> 'meta'")
    found = {}
    for schema, table in sorted(names):
        columns = home.rows(f"DESCRIBE {schema}.{table}")
        shown = ", ".join(f'"{name}"' for name, *_ in columns if name != "quarantined_at")
        content = f"SELECT count(*), sum(hash(rows)) FROM (SELECT {shown} FROM {schema}.{table}) rows"
        found[f"{schema}.{table}"] = home.rows(content)
    return found


def test_compacting_says_what_it_saves_and_no_number_changes(home: Home):
    before, size = tables(home), taken(home)
    told = home.songify("compact", "--dry-run")
    assert told.status == 0, told.text
    assert "Would be kept" in told.out
    assert taken(home) == size, "a dry run changes nothing"
    done = home.songify("compact")
    assert done.status == 0, done.text
    for what in ("landing", "raw/plays", "royalties/plays"):
        assert what in told.out, what
        assert what in done.out, what
    assert tables(home) == before
    assert taken(home) < size / 2
    assert "All is well" in home.songify("doctor").out
    assert "Nothing has grown old" in home.songify("compact").out
    again = home.load()
    assert (again["landed"], again["partitions_computed"]) == ([], {})
    told = {asset["asset"]: asset for asset in json.loads(home.songify("status", "--json").out)["assets"]}
    assert told["raw/plays"]["newest_partition"] == "2021-12-02"


def taken(home: Home) -> int:
    """The bytes of what has landed and of the lake."""
    files = [path for name in ("landing", "lake") for path in (home.path / name).rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files)


def test_a_compaction_that_is_killed_at_any_moment_loses_nothing_and_goes_on(home: Home):
    before, chance = tables(home), random.Random(11)
    moments = [step for step, times in STEPS.items() for _ in range(times)]
    assert len(moments) == 20
    for step, when in moments:
        number = 1 if "packing" in step or "put_instead" in step else chance.randint(1, 4)
        assert killed_at(home, step, when, "compact", number=number), step
        assert not damaged(home), (step, when, number)
    assert home.songify("compact").status == 0
    assert tables(home) == before
    assert not list((home.path / "landing").glob("files/*/*[0-9a-f]")), "all is compressed"
    assert not list((home.path / "lake/raw/tracks").iterdir())
    home.songify("load")
    assert tables(home) == before


def damaged(home: Home) -> list[str]:
    """What the doctor finds in the home."""
    return [line for line in home.songify("doctor").out.splitlines() if line.startswith("PROBLEM")]


def test_a_compacted_home_can_be_rebuilt_also_without_its_ledger(home: Home):
    before = tables(home)
    assert home.songify("compact").status == 0
    assert home.songify("rebuild", "--table", "raw/tracks").status in (0, 1)
    assert tables(home) == before
    assert home.songify("rebuild").status in (0, 1)
    assert tables(home) == before
    assert home.songify("compact").status == 0
    for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"):
        (home.path / name).unlink(missing_ok=True)
    shutil.rmtree(home.path / "lake")
    rebuilt = home.songify("rebuild")
    assert rebuilt.status in (0, 1), rebuilt.text
    assert tables(home) == before


def test_a_late_file_after_a_compaction_changes_what_it_would_have_changed(home: Home, tmp_path: Path):
    shutil.copytree(home.path, tmp_path / "calm", symlinks=True)
    calm = Home(tmp_path / "calm")
    assert home.songify("compact").status == 0
    for one in (home, calm):
        one.clock = 1_700_000_000
        one.deliver("royalties", "2021-11-30", "tracks.csv", csv("id,licensor", "a,Late"))
        one.deliver("royalties", "2021-11-29", "plays.csv", plays("dk,a,70000"))
        one.songify("load")
    assert tables(home) == tables(calm)


def test_lost_and_refused_bytes_that_were_compressed_are_told_and_can_be_brought_back(home: Home):
    home.clock = 1_700_000_000
    home.deliver("royalties", "2021-11-26", "tracks.csv", "no,such,header\n")
    assert home.songify("load").status == 1
    assert home.songify("compact").status == 0
    shown = home.songify("quarantine", "show", "royalties/2021-11-26/tracks.csv@2021-11-26")
    assert ".zst" in shown.out
    assert home.songify("quarantine", "replay", "royalties/2021-11-26/tracks.csv@2021-11-26").status == 1
    largest = max((home.path / "landing").glob("files/*/*.zst"), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-100])
    assert "royalties/2021-11-28/plays.csv" in "".join(damaged(home))
    rebuilt = home.songify("rebuild")
    assert "royalties/2021-11-28/plays.csv: its landed bytes are cut" in rebuilt.text
    before = home.rows("SELECT count(*) FROM royalties.plays")
    home.songify("load")
    assert not damaged(home)
    assert home.rows("SELECT count(*) FROM royalties.plays") == before


def test_bytes_are_compressed_and_raw_dumps_go_when_their_days_have_passed(tmp_path: Path):
    home = new_home(tmp_path / "home")
    home.now = "2026-11-28 20:00:00"
    nights.deliver(home, date(2026, 11, 28))
    assert home.songify("load").status in (0, 1)
    before = tables(home)
    states = {}
    for now in (
        "2026-11-28 20:01:00",
        "2026-12-05 22:58:00",
        "2026-12-05 23:01:00",
        "2026-12-28 22:58:00",
        "2026-12-28 23:01:00",
    ):
        home.now = now
        done = home.songify("compact")
        assert done.status == 0, done.text
        plain = [path for path in (home.path / "landing").glob("files/*/*") if not path.suffix]
        raw = (home.path / "lake/raw/tracks").exists() and list((home.path / "lake/raw/tracks").iterdir())
        states[now] = (bool(plain), bool(raw))
    assert list(states.values()) == [(True, True), (True, True), (False, True), (False, True), (False, False)]
    assert tables(home) == before
