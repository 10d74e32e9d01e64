"""Loads over FTP: a source that refuses is told apart from the others, and no password is ever shown."""

import os
import time
from pathlib import Path

import pytest

from songify_assets_tests.home import Home, books, new_home, plays
from songify_assets_tests.hostile import Scene, playing
from songify_assets_tests.servers import certificate, free_port, pyftpd

SECRET = "s3cret-w0rd"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = new_home(tmp_path / "home")
    home.deliver("royalties", "2021-12-01", "plays.csv", plays("a,b,60000"))
    return home


def serve_books(tmp_path: Path) -> Path:
    served = new_home(tmp_path / "vendor-server")
    served.deliver("vendor", "2021-12-01", "books.json", books("Dune"))
    return served.path / "drops"


def test_an_unreachable_source_ends_with_3_and_the_others_load(home: Home, tmp_path: Path) -> None:
    with pyftpd(serve_books(tmp_path), user="songify", password="another") as server:
        for port, says in ((server.port, "login"), (free_port(), "listens")):
            result = home.songify("load", SONGIFY_DROPS_URL_VENDOR=f"ftp://songify:{SECRET}@127.0.0.1:{port}/vendor")
            assert result.status == 3, result.text
            assert says in result.out
            assert f"ftp://127.0.0.1:{port}/vendor" in result.out
            assert SECRET not in result.text
    assert home.rows("SELECT count(*) FROM royalties.plays") == [(1,)]


def test_a_certificate_of_an_unknown_authority_is_refused_and_one_of_ours_is_trusted(
    home: Home, tmp_path: Path
) -> None:
    tls = certificate(tmp_path, "127.0.0.1")
    with pyftpd(serve_books(tmp_path), user="songify", password=SECRET, tls=tls) as server:
        url = f"ftps://songify:{SECRET}@127.0.0.1:{server.port}/vendor"
        refused = home.songify("load", SONGIFY_DROPS_URL_VENDOR=url)
        assert (refused.status, "certificate" in refused.out, SECRET in refused.text) == (3, True, False), refused.text
        trusted = home.songify("load", SONGIFY_DROPS_URL_VENDOR=url, SONGIFY_FTPS_CA=str(tls.ca))
        assert trusted.status == 0, trusted.text
    assert home.rows("SELECT name FROM vendor.books") == [("Dune",)]


def test_a_server_that_goes_silent_is_waited_for_30_s_and_said_so_and_what_else_is_odd_holds_up_nothing(
    home: Home, tmp_path: Path
) -> None:
    os.mkfifo(home.path / "drops" / "royalties" / "2021-12-01" / "tracks.csv")
    dos = Scene({"/2021-12-01/books.json": books("Dune").encode(), "/vendor.zip": b"PK"}, has_mlsd=False)
    listed = {
        "/": ("<DIR>          2021-12-01", "            2 vendor.zip"),
        "/2021-12-01": ("           99 books.json",),
    }
    dos.on = {
        "LIST": lambda talk, _: talk.transfer(
            "".join(f"12-01-21  06:00AM       {line}\r\n" for line in listed[talk.folder]).encode()
        ),
        "MDTM": lambda talk, path: talk.say("213 soon") if "zip" in path else Scene._mdtm(dos, talk, path),
    }
    with playing(dos), playing(Scene(on={"PASS": lambda talk, _: talk.wait()})) as silent:
        places = {"SONGIFY_DROPS_URL_VENDOR": dos.url(), "SONGIFY_DROPS_URL_VIEWING": silent.url()}
        began = time.monotonic()
        result = home.songify("load", **places)
        took = time.monotonic() - began
    assert result.status == 3, result.text
    assert took > 30
    assert f"waiting for ftp://127.0.0.1:{silent.port} to answer PASS" in result.err
    assert f"unreachable:  ftp://127.0.0.1:{silent.port}: no answer came in time" in result.out
    assert "/tracks.csv: it is no file, but a pipe, a socket or a device" in result.out
    assert "/vendor.zip: its modification time cannot be understood ('213 soon')" in result.out
    assert "s3cret" not in result.text
    assert home.rows("SELECT count(*) FROM royalties.plays") == [(1,)]
    assert home.rows("SELECT name FROM vendor.books") == [("Dune",)]


def test_doctor_tells_of_a_folder_that_is_closed(home: Home, tmp_path: Path) -> None:
    shut = Scene({"/open/books.json": b"[]", "/shut/books.json": b"[]"})
    shut.on = {"CWD": lambda talk, path: talk.say("550 no") if "shut" in path else Scene._cwd(shut, talk, path)}
    with playing(shut):
        result = home.songify("doctor", SONGIFY_DROPS_URL_VENDOR=shut.url())
    assert result.status == 2
    place = f"ftp://127.0.0.1:{shut.port}"
    assert f"PROBLEM  vendor: 1 files at {place}; {place}/shut: the server does not open this folder" in result.out
