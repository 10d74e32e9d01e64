"""Loads over FTP: a source that refuses is told apart from the others, and no password is ever shown."""

from pathlib import Path

import pytest

from songify_assets_tests.home import Home, books, new_home, plays
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
