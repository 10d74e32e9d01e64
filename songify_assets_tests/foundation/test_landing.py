"""One look that lands what it can, whatever the rest is like."""

import contextlib
import io
import os
import random
import shutil
import socket
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from types import SimpleNamespace

import pytest

from songify_assets.datasets.royalties.feeds import FEEDS
from songify_assets.errors import DiskFull, FileUnreachable, SongifyError, SourceUnreachable
from songify_assets.foundation import disk, landing
from songify_assets.foundation.landing import Landing, Look
from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.sources import open_drops
from songify_assets.foundation.sources.limits import Limits
from songify_assets.settings import Settings
from songify_assets_tests.hostile import Scene, playing
from songify_assets_tests.servers import needs_program

DAY = "2021-12-01"
PLAYS, TRACKS, LOCATIONS = (
    b"location_id,track_id,played_ms\nse,a,60000\n",
    b"id,licensor\na,A\n",
    b"id,country\nse,SE\n",
)
CLOCK = datetime(2021, 12, 2, tzinfo=UTC).timestamp()


@dataclass
class Place:
    """Drops of royalties, and a landing for them."""

    drops: Path
    landing: Landing
    url: str = ""

    def deliver(self, path: str, content: bytes) -> Path:
        file = self.drops / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (CLOCK, CLOCK))
        return file

    def look(self, **settings: object) -> Look:
        told = Settings(**{"home": self.landing.root, "settle_seconds": 0, **settings})
        with open_drops(self.url or self.drops.as_uri(), None, None, limits=Limits(answer_s=0.5)) as drops:
            return self.landing.look("royalties", drops, FEEDS, told, tell=lambda _: None)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "drops").mkdir()
    (tmp_path / "home").mkdir()
    return Place(tmp_path / "drops", Landing(tmp_path / "home", Ledger(tmp_path / "home" / "ledger.sqlite")))


def landed(look: Look) -> list[str]:
    return sorted(file.place.removeprefix(f"royalties/{DAY}/") for file in look.landed)


def leftovers(place: Place) -> list[Path]:
    return [path for path in (place.landing.root / "incoming").rglob("*") if path.is_file()]


@contextlib.contextmanager
def free_bytes(monkeypatch: pytest.MonkeyPatch, free: int) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(disk.shutil, "disk_usage", lambda _: SimpleNamespace(total=0, free=free))
        yield


# Folders


@contextlib.contextmanager
def not_as_root() -> Iterator[None]:
    """Root may read everything."""
    was = os.geteuid()
    os.seteuid(was or 65534)
    try:
        yield
    finally:
        os.seteuid(was)


def test_a_pipe_and_a_socket_are_noted_once_and_the_rest_lands(place: Place) -> None:
    place.deliver(f"{DAY}/tracks.csv", TRACKS)
    os.mkfifo(place.drops / DAY / "plays.csv")
    with socket.socket(socket.AF_UNIX) as sock, contextlib.chdir(place.drops / DAY):
        sock.bind("location.csv")
        look = place.look()
        assert (landed(look), look.errors, look.unreachable) == (["tracks.csv"], [], [])
        assert [note.rpartition("/")[2].partition(". ")[0] for note in look.notes] == [
            "location.csv: it is no file, but a pipe, a socket or a device",
            "plays.csv: it is no file, but a pipe, a socket or a device",
        ]
        assert place.look().notes == []


@pytest.mark.parametrize("seconds", [253402300799 - 86400 * 3, -1, -2e9, 0], ids=["9999", "1969", "1906", "1970"])
def test_a_file_of_an_odd_year_in_a_dated_folder_lands_and_one_without_is_noted(place: Place, seconds: float) -> None:
    for path in (f"{DAY}/plays.csv", "tracks.csv"):
        os.utime(place.deliver(path, PLAYS), (seconds, seconds))
    look = place.look()
    assert (landed(look), look.errors) == (["plays.csv"], [])
    assert "/tracks.csv: its delivery date" in look.notes[0]


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no file system that knows such times")
def test_a_file_of_a_year_that_is_none_is_noted_and_the_rest_lands(place: Place) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        place.drops = Path(folder)
        place.deliver(f"{DAY}/tracks.csv", TRACKS)
        os.utime(place.deliver(f"{DAY}/plays.csv", PLAYS), (1e12, 1e12))
        look = place.look()
    assert (landed(look), look.errors) == (["tracks.csv"], [])
    assert "/plays.csv: its modification time cannot be understood" in look.notes[0]


def test_a_file_for_tomorrow_is_told_once_and_lands_tomorrow(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        today = datetime(2021, 12, 1, 22, 59, tzinfo=UTC)  # a minute before midnight in Stockholm

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "datetime":
            return cls.today.astimezone(tz)

    monkeypatch.setattr(landing, "datetime", Clock)
    for day in (DAY, "2021-12-02"):
        os.utime(place.deliver(f"{day}/plays.csv", PLAYS), (CLOCK - 86_400,) * 2)
    look = place.look()
    assert [str(file.delivered_on) for file in look.landed] == [DAY]
    assert [note for note in look.notes if "2021-12-02 has not come yet (Europe/Stockholm)" in note] == look.notes != []
    assert (place.look().notes, place.look().landed) == ([], [])
    Clock.today += timedelta(minutes=1)
    assert [str(file.delivered_on) for file in place.look().landed] == ["2021-12-02"]


def test_a_folder_and_a_file_without_rights_are_told_and_the_rest_lands() -> None:
    with not_as_root(), tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to others
        home = Path(folder) / "home"
        home.mkdir()
        place = Place(Path(folder) / "drops", Landing(home, Ledger(home / "ledger.sqlite")))
        place.deliver(f"{DAY}/tracks.csv", TRACKS)
        place.deliver("2021-12-02/tracks.csv", TRACKS + b"b,B\n").parent.chmod(0)
        place.deliver("2021-12-03/tracks.csv", TRACKS + b"c,C\n").parent.chmod(0o444)
        place.deliver(f"{DAY}/plays.csv", PLAYS).chmod(0)
        look = place.look()
        for shut in ("2021-12-02", "2021-12-03"):
            (place.drops / shut).chmod(0o755)
    assert (landed(look), look.errors) == (["tracks.csv"], [])
    assert [type(error) for error in look.unreachable] == [FileUnreachable] * 3
    said = "\n".join(map(str, look.unreachable))
    assert said.count("cannot be read (Permission denied)") == 3
    for name in ("/2021-12-02: ", "/2021-12-03/tracks.csv: ", f"/{DAY}/plays.csv: "):
        assert name in said


def test_folders_that_lead_back_up_and_names_of_any_bytes_do_no_harm(place: Place) -> None:
    place.deliver(f"{DAY}/plays.csv", PLAYS)
    (place.drops / DAY / "up").symlink_to("..")
    (place.drops / DAY / "self").symlink_to("self")
    place.deliver(os.fsdecode(b"\xff\xfe\x80/\x1b[2J.csv"), b"")
    look = place.look()
    assert (landed(look), look.errors, look.unreachable) == (["plays.csv"], [], [])
    [note] = look.notes
    assert "its name has control characters" in note
    assert note.isprintable()


def test_a_folder_mounted_into_itself_is_entered_once(place: Place) -> None:
    needs_program("mount")
    place.deliver(f"{DAY}/plays.csv", PLAYS)
    inner = place.drops / DAY / "again"
    inner.mkdir()
    if subprocess.run(["mount", "--bind", place.drops, inner], capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount")
    try:
        look = place.look()
    finally:
        subprocess.run(["umount", inner], check=True)
    assert landed(look) == ["plays.csv"]
    assert not look.unreachable


# Servers


def scene(**files: bytes) -> Scene:
    return Scene({f"/{DAY}/{name}.csv": content for name, content in files.items()})


def test_files_that_change_at_each_look_are_waited_for_and_the_rest_lands(place: Place) -> None:
    sizes = iter(range(1, 99))
    moving = scene(plays=PLAYS, tracks=TRACKS)
    moving.has_mlsd = False
    moving.on = {
        "SIZE": lambda talk, path: (
            talk.say(f"213 {next(sizes)}") if "plays" in path else Scene._size(moving, talk, path)
        ),
        "MDTM": lambda talk, path: (
            talk.say(f"213 {datetime.now(UTC):%Y%m%d%H%M%S}") if "plays" in path else Scene._mdtm(moving, talk, path)
        ),
    }
    with playing(moving):
        place.url = moving.url()
        looks = [place.look(settle_seconds=60) for _ in range(3)]
    assert [landed(look) for look in looks] == [["tracks.csv"], [], []]
    assert [look.waiting for look in looks] == [[f"{DAY}/plays.csv"]] * 3


def test_of_a_server_that_goes_silent_what_came_before_has_landed(place: Place) -> None:
    half = scene(plays=PLAYS, tracks=TRACKS, locations=LOCATIONS)
    half.on = {"RETR": lambda talk, path: talk.wait() if "locations" not in path else Scene._retr(half, talk, path)}
    with playing(half):
        place.url = half.url()
        look = place.look()
    assert landed(look) == ["locations.csv"]
    assert [type(error) for error in look.unreachable] == [FileUnreachable, SourceUnreachable]


def test_of_a_listing_that_breaks_off_what_came_before_lands(place: Place) -> None:
    half = Scene({f"/{DAY}/plays.csv": PLAYS, "/2021-12-02/plays.csv": PLAYS, "/2021-12-03/plays.csv": PLAYS})
    half.on = {"CWD": lambda talk, path: talk.wait() if path > f"/{DAY}" else Scene._cwd(half, talk, path)}
    with playing(half):
        place.url = half.url()
        look = place.look()
    assert landed(look) == ["plays.csv"]
    assert [type(error) for error in look.unreachable] == [FileUnreachable, SourceUnreachable]


def test_an_error_that_nobody_thought_of_is_told_without_its_text_and_the_rest_lands(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(whole: Path, name: str, into: Path, where: str) -> list[tuple[str, Path]]:
        if name == "plays.csv":
            raise LookupError("a secret")
        return [(name, whole)]

    place.deliver(f"{DAY}/plays.csv", PLAYS)
    place.deliver(f"{DAY}/tracks.csv", TRACKS)
    monkeypatch.setattr(landing, "unpack", fails)
    look = place.look()
    [error] = look.errors
    assert landed(look) == ["tracks.csv"]
    assert f"/{DAY}/plays.csv: an unexpected LookupError in test_landing.py, line " in str(error)
    assert "secret" not in str(error)


# The disk


def test_a_file_larger_than_the_free_space_is_not_fetched_and_smaller_ones_land(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = scene(plays=PLAYS, tracks=TRACKS)
    large.listing = ()
    large.has_mlsd = False
    large.on = {
        "SIZE": lambda talk, path: talk.say("213 10000000000000") if "plays" in path else Scene._size(large, talk, path)
    }
    with playing(large):
        place.url = large.url()
        look = place.look()
    [error] = look.errors
    assert landed(look) == ["tracks.csv"]
    assert isinstance(error, DiskFull)
    assert "its 10,000,000,000,000 bytes do not fit on the disk. Free at least " in str(error)
    assert not [command for command in large.commands if command.startswith("RETR") and "plays" in command]


def test_a_reserve_is_kept_free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for total, free, most in ((10**12, 2**31, 2**30), (10**9, 10**8, 5 * 10**7), (10**12, 10**6, 0)):
        monkeypatch.setattr(
            disk.shutil, "disk_usage", lambda _, of=(total, free): SimpleNamespace(total=of[0], free=of[1])
        )
        assert disk.room(tmp_path) == most


def packed(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plays.csv", content)
    return out.getvalue()


@pytest.mark.parametrize("name", ["data.zip", "plays.csv.gz", "plays.csv.zst"])
def test_an_archive_that_has_no_room_unpacked_waits_for_room_and_is_not_fetched_again(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    import gzip

    import pyarrow as pa

    content = PLAYS + b"se,a,60000\n" * 100_000
    delivered = {"data.zip": packed, "plays.csv.gz": gzip.compress}.get(
        name, lambda c: pa.compress(c, "zstd", asbytes=True)
    )
    full = Scene({f"/{DAY}/{name}": bytes(delivered(content)), f"/{DAY}/tracks.csv": TRACKS})
    with playing(full):
        place.url = full.url()
        with free_bytes(monkeypatch, 500_000):
            look = place.look()
            assert landed(look) == ["tracks.csv"]
            assert [error.what for error in look.errors] == ["does not fit on the disk unpacked"]
            assert [path.name for path in leftovers(place)] == ["whole"]
        with free_bytes(monkeypatch, 5_000_000):
            look = place.look()
    assert (len(look.landed), look.errors, leftovers(place)) == (1, [], [])
    assert len([command for command in full.commands if command == f"RETR /{DAY}/{name}"]) == 1


@pytest.fixture
def small_disk(place: Place) -> Iterator[Place]:
    """A home of 4 MB."""
    needs_program("mount")
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", place.landing.root]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount")
    try:
        yield Place(place.drops, Landing(place.landing.root, Ledger(place.landing.root / "ledger.sqlite")))
    finally:
        subprocess.run(["umount", "--lazy", place.landing.root], check=True)


def test_of_a_file_that_fills_the_disk_nothing_stays_and_smaller_ones_land(
    small_disk: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when others fill the disk meanwhile: that there is room is made to be believed."""
    small_disk.deliver(f"{DAY}/plays.csv", random.Random(1).randbytes(6_000_000))
    small_disk.deliver(f"{DAY}/tracks.csv", TRACKS)
    with free_bytes(monkeypatch, 10**12):
        look = small_disk.look()
    assert landed(look) == ["tracks.csv"]
    [error] = look.errors
    assert isinstance(error, DiskFull)
    assert "no space is left on the disk. Free some space" in str(error)
    assert leftovers(small_disk) == []
    assert shutil.disk_usage(small_disk.landing.root).free > 3_000_000


def test_a_folder_that_cannot_be_written_ends_the_look_with_one_error(place: Place) -> None:
    place.deliver(f"{DAY}/plays.csv", PLAYS)
    place.deliver(f"{DAY}/tracks.csv", TRACKS)
    (place.landing.root / "incoming").write_text("in the way")
    [error] = place.look().errors
    assert type(error) is SongifyError
    assert "cannot be written" in error.what
