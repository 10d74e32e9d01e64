"""A replay or an approval that is killed at any of its steps has lost nothing, and asked again it goes on."""

import shutil
from pathlib import Path

import pytest

from songify_assets_tests.home import Home, books, new_home, plays, zipped
from songify_assets_tests.killed import killed_at

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("one_core")]

TITLES = [f"Book {number}" for number in range(10)]
BAD, ID = zipped({"plays.csv": plays("se,a,60000")})[:-40], "royalties/2021-12-01/drop.zip@2021-12-01"
F = "songify_assets.foundation."
REPLAY = [
    (f"{F}landing.replay:unpack", "before"),
    (f"{F}landing.replay:unpack", "after"),
    (f"{F}ledger:Ledger.release", "after"),
    (f"{F}landing:Landing.keep", "after"),
    (f"{F}ledger:Ledger.land", "after"),
    (f"{F}landing.replay:replay", "after"),
    (f"{F}delivery.refine:refine", "before"),
    ("songify_assets.orchestration.publish.warehouse:Warehouse.publish", "before"),
]
APPROVAL = [
    (f"{F}ledger.decisions:approve", "before"),
    (f"{F}ledger.decisions:approve", "after"),
    (f"{F}ledger:Ledger.write_delivery", "before"),
    (f"{F}ledger:Ledger.write_delivery", "after"),
    (f"{F}versions.differences:differences", "before"),
    ("songify_assets.orchestration.publish.warehouse:Warehouse.publish", "before"),
]


def copied(home: Home, path: Path) -> Home:
    """The same home at another place."""
    shutil.copytree(home.path, path, symlinks=True)
    return Home(path)


@pytest.fixture(scope="module")
def with_archive(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with an archive that is cut in its quarantine."""
    home = new_home(tmp_path_factory.mktemp("archive") / "home")
    home.deliver("royalties", "2021-12-01", "drop.zip", BAD)
    home.deliver("vendor", "2021-12-01", "books.json", books("Dune"))
    assert home.songify("load").status == 1
    return home


@pytest.fixture(scope="module")
def with_dump(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a held dump."""
    home = new_home(tmp_path_factory.mktemp("dump") / "home")
    home.deliver("vendor", "2021-12-01", "books.json", books(*TITLES))
    home.deliver("vendor", "2021-12-02", "books.json", books(*TITLES[:4]))
    assert home.songify("load").status == 1
    return home


def quarantined(home: Home) -> list[str]:
    """What the published quarantine says; the list says the same."""
    published = [
        f"{file}@{day}" for file, day in home.rows("SELECT file, delivered_on FROM quarantine.files ORDER BY 1")
    ]
    listed = home.songify("quarantine", "list").out
    assert all(id in listed for id in published), listed
    assert published or "The quarantine is empty." in listed
    return published


def test_an_archive_that_is_still_bad_stays_in_the_quarantine(with_archive: Home, tmp_path: Path) -> None:
    home = copied(with_archive, tmp_path / "home")
    assert quarantined(home) == [ID]
    again = home.songify("quarantine", "replay", ID)
    assert again.status == 1, again.text
    assert "drop.zip" in again.text
    assert "Traceback" not in again.text
    assert home.songify("load").status == 0
    assert quarantined(home) == [ID]


@pytest.mark.parametrize(("step", "when"), REPLAY)
def test_a_replay_killed_at_any_step_goes_on_when_asked_again(
    with_archive: Home, tmp_path: Path, step: str, when: str
) -> None:
    home, mended = copied(with_archive, tmp_path / "home"), tmp_path / "mended.zip"
    mended.write_bytes(zipped({"plays.csv": plays("se,a,60000")}))
    replay = ("quarantine", "replay", ID, "--file", str(mended))
    assert killed_at(home, step, when, *replay)
    if ID in home.songify("quarantine", "list").out:
        assert home.songify(*replay).status == 0
    else:
        assert home.songify("load").status == 0
    assert quarantined(home) == []
    assert home.rows("SELECT track_id FROM royalties.plays") == [("a",)]


@pytest.mark.parametrize(("step", "when"), APPROVAL)
def test_an_approval_killed_at_any_step_goes_on_when_asked_again(
    with_dump: Home, tmp_path: Path, step: str, when: str
) -> None:
    home = copied(with_dump, tmp_path / "home")
    approve = ("approve", "raw/books", "2021-12-02", "--reason", "sold")
    assert killed_at(home, step, when, *approve)
    again = home.songify(*approve)
    assert again.status == 0, again.text
    assert home.rows("SELECT count(*) FROM vendor.books_history WHERE is_current") == [(4,)]


@pytest.mark.parametrize(
    ("step", "when"),
    [
        ("songify_assets.orchestration.load:run_stale", "before"),
        ("songify_assets.orchestration.load:left_behind", "before"),
    ],
)
def test_a_load_after_a_killed_one_tells_what_that_would_have_told(tmp_path: Path, step: str, when: str) -> None:
    home = new_home(tmp_path / "home")
    home.deliver("royalties", "2021-12-01", "drop.zip", BAD)
    home.deliver("vendor", "2021-12-01", "books.json", books(*TITLES))
    home.deliver("vendor", "2021-12-02", "books.json", books(*TITLES[:4]))
    assert killed_at(home, step, when, "load")
    finishing, after = home.songify("load"), home.songify("load")
    assert (finishing.status, after.status) == (1, 0), finishing.text + after.text
    assert "refused file: royalties/2021-12-01/drop.zip" in finishing.out
    assert "held back:    raw/books" in finishing.out
