"""Bad input gets a clear answer, good input in the same load still loads, and nothing is lost."""

import io
import stat
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from songify_assets_tests.home import Home, books, csv, new_home, plain_environment, plays, zipped

STREAMS = "movie_title,user_email,size_mb,start_at,end_at"
GOOD_STREAM = "Rush,ann@x.se,100,2021-12-01T10:00:00.000+0100,2021-12-01T11:00:00.000+0100"


def streams(*rows: str) -> str:
    return csv(STREAMS, *rows)


def link_in_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("books.json")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return packed.getvalue()


def encrypted_zip() -> bytes:
    """A zip whose flags say that its member is encrypted, as a reader finds it."""
    packed = bytearray(zipped({"books.json": books("Dune")}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = packed.index(signature) + offset
        packed[at : at + 2] = struct.pack("<H", 1)
    return bytes(packed)


def bomb() -> bytes:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("books.json", "w", force_zip64=True) as member,
    ):
        for _ in range(1100):
            member.write(bytes(1 << 20))
    return packed.getvalue()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    """One load of good and of unreadable files; what it said."""
    home = new_home(tmp_path_factory.mktemp("bad") / "home")
    for day, (name, content) in enumerate(UNREADABLE.values(), start=1):
        home.deliver("viewing" if "streams" in name else "vendor", f"2021-11-{day:02}", name, content)
    home.deliver("vendor", "2021-12-01", "books.json", books("Dune"))
    home.deliver("vendor", "2021-12-01", "readme.txt", "hello")
    home.deliver("viewing", "2021-12-01", "streams.csv", streams(GOOD_STREAM))
    result = home.songify("load")
    assert result.status == 1, result.text
    return home, result.out


UNREADABLE: dict[str, tuple[str, str | bytes]] = {
    "is no whole JSON array": ("books.json", books("Dune", "Emma")[:-20]),
    "holds one JSON object where an array is due": ("books.json", '{"books": [{"name": "Dune"}]}'),
    "has no header": ("streams.csv", GOOD_STREAM + "\n"),
    "lacks the column size_mb": ("streams.csv", csv("movie_title,user_email,start_at,end_at", "a,b,c,d")),
    "is separated by semicolons, not commas": ("streams.csv", streams(GOOD_STREAM).replace(",", ";")),
    "is empty": ("streams.csv", ""),
    "holds no files": ("vendor.zip", zipped({})),
    "password": ("vendor.zip", encrypted_zip()),
    "outside": ("vendor.zip", zipped({"../books.json": books("Dune")})),
    "absolute": ("vendor.zip", zipped({"/tmp/books.json": books("Dune")})),
    "link": ("vendor.zip", link_in_zip()),
    "unpacks to": ("vendor.zip", bomb()),
    "zip": ("vendor.zip", zipped({"books.json": books("Dune") * 50})[:-40]),
}


@pytest.mark.parametrize(("says", "name"), [(says, name) for says, (name, _) in UNREADABLE.items()])
def test_an_unreadable_file_is_quarantined_whole_and_named_with_place_and_remedy(
    loaded: tuple[Home, str], says: str, name: str
) -> None:
    home, out = loaded
    day = list(UNREADABLE).index(says) + 1
    source = "viewing" if "streams" in name else "vendor"
    place = f"{source}/2021-11-{day:02}/{name}"
    lines = [line for line in out.splitlines() if place in line]
    assert lines, out
    [(reasons,)] = home.rows(f"SELECT reasons FROM quarantine.files WHERE file = '{place}'")
    assert says in reasons[0] or says == "absolute"
    assert reasons[0].count(". ") >= 1, "no remedy"


def test_good_files_load_beside_unreadable_ones(loaded: tuple[Home, str]) -> None:
    home, _ = loaded
    assert home.rows("SELECT name FROM vendor.books") == [("Dune",)]
    assert home.rows("SELECT count(*) FROM viewing.streams") == [(1,)]
    assert home.rows("SELECT count(*) FROM quarantine.files") == [(len(UNREADABLE),)]
    assert not Path("/tmp/books.json").exists()


def test_an_unknown_file_is_reported_once_and_left_alone(loaded: tuple[Home, str]) -> None:
    home, out = loaded
    assert out.count("readme.txt") == 1
    again = home.songify("load")
    assert (again.status, "readme.txt" in again.text) == (0, False)
    assert (home.path / "drops" / "vendor" / "2021-12-01" / "readme.txt").read_text() == "hello"


def test_bad_rows_are_refused_with_their_reasons_and_good_ones_load(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    bad = {
        2: ("Rush,ann@x.se,100,2021-12-01T10:00:00.000+0100", "has 4 fields, not 5"),
        3: (GOOD_STREAM + ",x", "has 6 fields, not 5"),
        4: ("Rush,ann@x.se,100,soon,2021-12-01T11:00:00.000+0100", "`start_at` is 'soon', not a time with its UTC offset"),
        5: ("Rush,ann@x.se,100,2021-12-01T12:00:00.000+0100,2021-12-01T11:00:00.000+0100", "it ends before it starts"),
        6: ("Rush,ann@x.se,-1,2021-12-01T10:00:00.000+0100,2021-12-01T11:00:00.000+0100", "`size_mb` is -1.0: must be greater than or equal to 0"),
        7: ("Rush,,100,2021-12-01T10:00:00.000+0100,2021-12-01T11:00:00.000+0100", "`user_email` is missing"),
        8: ("Rush,b\udcff,100,2021-12-01T10:00:00.000+0100,2021-12-01T11:00:00.000+0100", "is not UTF-8 text"),
        9: ("Rush,ann@x.se,big,2021-12-01T10:00:00,2021-12-01T11:00:00.000+0100", "`size_mb` is 'big', not a number"),
    }  # fmt: skip
    home.deliver(
        "viewing",
        "2021-12-02",
        "streams.csv",
        streams(GOOD_STREAM, *(row for row, _ in bad.values())).encode(errors="surrogateescape"),
    )
    home.deliver("royalties", "2021-12-02", "plays.csv", plays("a,b,-5", "a,b,x", "a,b,1", ",,60000"))
    result = home.songify("load")
    assert result.status == 0, result.text
    assert "raw/streams schema: 2021-12-02: 8 of 9 rows refused" in result.out
    found = {
        record: (reasons, raw)
        for record, reasons, raw in home.rows("SELECT record, reasons, raw FROM quarantine.rows WHERE feed = 'streams'")
    }
    assert {record: reasons[0] for record, (reasons, _) in found.items()} == {
        record: reason for record, (_, reason) in bad.items()
    }
    assert len(found[9][0]) == 2
    assert all(raw == bad[record][0] for record, (_, raw) in found.items() if record != 8)
    assert home.rows("SELECT count(*) FROM viewing.streams") == [(1,)]
    assert home.rows("SELECT played_ms, track_id FROM royalties.plays ORDER BY 1") == [(1, "b"), (60000, None)]
    assert (
        home.rows("SELECT file, delivered_on::VARCHAR FROM quarantine.rows WHERE feed = 'plays'")
        == [("royalties/2021-12-02/plays.csv", "2021-12-02")] * 2
    )


def test_text_in_cells_and_names_is_text_on_the_terminal(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    odd = "[/x][bold]\x1b[2J\u202e"
    home.deliver("viewing", "2021-12-01", "streams.csv", streams(f"Rush,ann@x.se,{odd},2021-12-01T10:00:00Z,never"))
    home.deliver("viewing", "2021-12-01", "[/y]\u202e.csv", "hello")
    loaded, listed = home.songify("load"), home.songify("quarantine", "list")
    shown = home.songify("quarantine", "show", "streams@2021-12-01#1")
    assert (listed.status, shown.status) == (0, 0), listed.text + shown.text
    assert "[/x][bold]" in listed.out
    assert "[/x][bold]\\x1b[2J\\u202e" in shown.out
    assert "[/y]\\u202e.csv" in loaded.out
    assert not {"\x1b", "\u202e"} & set(loaded.text + listed.text + shown.text)


def test_a_disk_that_takes_no_more_ends_the_load_cleanly_and_the_next_one_goes_on(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    home.deliver("royalties", "2021-12-01", "plays.csv", plays(*["a,b,60000"] * 400_000))
    full = home.songify("load", limit_bytes=3 << 20)
    assert full.status == 1, full.text
    assert "then load again" in full.text
    assert str(home.path / "landing") in full.text
    assert not list((home.path / "lake").glob("raw/plays/*/part-0.parquet"))
    assert home.songify("load").status == 0
    assert home.rows("SELECT count(*) FROM royalties.plays") == [(400_000,)]


@pytest.mark.parametrize(("args", "env", "says"), [
    (["load"], {"SONGIFY_TIMEZONE": "Mars"}, "SONGIFY_TIMEZONE"),
    (["load"], {"SONGIFY_HOME": "a [1]"}, "lies in a folder with *, ? or [ in its name"),
    (["load"], {"SONGIFY_DROPS_URL_VENDOR": "gopher://x"}, "SONGIFY_DROPS_URL_VENDOR"),
    (["status"], {"SONGIFY_MASS_DELETE_LIMIT": "3"}, "SONGIFY_MASS_DELETE_LIMIT"),
    (["load", "--source", "nobody"], {}, "Sources are viewing, vendor, royalties"),
    (["answers", "--month", "2021-13"], {}, "Write it like 2021-12"),
    (["frobnicate"], {}, "frobnicate"),
])  # fmt: skip
def test_wrong_settings_and_usage_are_named_with_status_2(
    tmp_path: Path, args: list[str], env: dict[str, str], says: str
) -> None:
    result = new_home(tmp_path / "home").songify(*args, **env)
    assert (result.status, says in result.text) == (2, True), result.text


def test_make_dev_names_a_wrong_setting_with_status_2_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "songify_assets.cli.web"]
    ran = subprocess.run(
        command,
        env={**plain_environment(), "SONGIFY_TIMEZONE": "Mars"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr.splitlines() == [
        "songify: SONGIFY_TIMEZONE: is not an IANA time zone such as Europe/Stockholm (it is 'Mars'). "
        "Correct it in the environment or in .env."
    ]
