"""Looking at drops and fetching them, from folders and from real FTP servers."""

import contextlib
import errno
import logging
import os
import random
import resource
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from songify_assets.errors import (
    DiskFull,
    FileUnreachable,
    FileVanished,
    SettingsError,
    SongifyError,
    SourceUnreachable,
)
from songify_assets.foundation.sources import Listed, ftp, open_drops
from songify_assets.foundation.sources.limits import LIMITS, Limits
from songify_assets_tests.servers import HOST, Certificate, certificate, free_port, pyftpd, vsftpd

PASSWORD = "gehe@im/:#%41?"
LONG_AGO = datetime(2018, 11, 1, 23, 30, 5, tzinfo=UTC)
RECENTLY = datetime.now(UTC).replace(microsecond=0)
ODD_NAMES = (
    "a  b.csv",
    " first.csv",
    "Ærø 日本.csv",
    "a;b=c, d.csv",
    "[x]{y}*.csv",
    "100%41.csv",
    "-l.csv",
    "a -> b.csv",
)


@dataclass
class Place:
    """A root of drops, how to reach it, and, where the server tells, the commands it got."""

    root: Path
    url: str
    ca: Path | None = None
    commands: list[str] | None = None
    limits: Limits = LIMITS

    def deliver(self, path: str, content: bytes, modified: datetime = LONG_AGO) -> bytes:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (modified.timestamp(), modified.timestamp()))
        return content

    def look(self, source: str | None = None) -> list[Listed]:
        return [one for one in self._seen(source) if isinstance(one, Listed)]

    def oddities(self, source: str | None = None) -> list[SongifyError]:
        return [one for one in self._seen(source) if isinstance(one, SongifyError)]

    def _seen(self, source: str | None) -> list[Listed | SongifyError]:
        with open_drops(self.url, source, self.ca, limits=self.limits) as drops:
            return list(drops.look())

    def fetch(self, listed: Listed, target: Path) -> bytes:
        with open_drops(self.url, None, self.ca, limits=self.limits) as drops:
            drops.fetch(listed, target)
        return target.read_bytes()


@pytest.fixture(scope="module")
def cert(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "drops").mkdir()
    return tmp_path / "drops"


@contextlib.contextmanager
def serve(kind: str, root: Path, cert: Certificate) -> Iterator[Place]:
    if kind == "folder":
        yield Place(root, f"file://{root}")
    elif kind.startswith("vsftpd"):
        with vsftpd(root, tls=cert if kind == "vsftpd with TLS" else None) as server:
            yield Place(root, server.url(), cert.ca)
    else:
        tls = cert if kind == "pyftpd with TLS" else None
        with pyftpd(root, user="åsa", password=PASSWORD, tls=tls, has_mlsd=kind != "pyftpd without MLSD") as server:
            yield Place(root, server.url(), cert.ca, server.commands)


KINDS = ("folder", "pyftpd", "pyftpd without MLSD", "pyftpd with TLS", "vsftpd", "vsftpd with TLS")


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, root: Path, cert: Certificate) -> Iterator[Place]:
    """Each kind of place in turn."""
    with serve(request.param, root, cert) as served:
        yield served


@contextlib.contextmanager
def refused(kind: type[SongifyError], what: str, remedy: str = "") -> Iterator[None]:
    """Expect this error, in words for people, and without the password anywhere."""
    with pytest.raises(kind) as caught:
        yield
    assert type(caught.value) is kind
    assert what in caught.value.what
    assert remedy in caught.value.remedy
    for shown in (str(caught.value), repr(caught.value), "".join(traceback.format_exception(caught.value))):
        assert PASSWORD not in shown
        assert quote(PASSWORD, safe="") not in shown
        assert "ftplib.error" not in shown
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


# What is there


def test_nested_files_are_listed_with_their_size_and_time(place: Place) -> None:
    place.deliver("vendor/2021-12-31/books.json", b"12345", LONG_AGO)
    place.deliver("vendor/2021-12-31/deep/er/reviews.json", b"", RECENTLY)
    place.deliver("vendor/vendor.zip", b"123", RECENTLY)
    place.deliver("royalties/plays.csv", b"of another source")
    assert place.look("vendor") == [
        Listed("2021-12-31/books.json", 5, LONG_AGO),
        Listed("2021-12-31/deep/er/reviews.json", 0, RECENTLY),
        Listed("vendor.zip", 3, RECENTLY),
    ]


def test_without_a_source_the_root_itself_is_the_sources_folder(place: Place) -> None:
    place.deliver("users.csv", b"1")
    assert [listed.path for listed in place.look()] == ["users.csv"]


def test_the_path_of_the_url_leads_to_the_root(place: Place) -> None:
    place.deliver("in box/ü/viewing/users.csv", b"1")
    inner = Place(place.root, place.url.rstrip("/") + "/in%20box/%C3%BC/", place.ca)
    assert [listed.path for listed in inner.look("viewing")] == ["users.csv"]


def test_hidden_files_and_folders_are_no_drops(place: Place) -> None:
    for path in (".books.json.part", ".git/config", "__MACOSX/books.json", "2021-12-31/.DS_Store", "books.json"):
        place.deliver(f"vendor/{path}", b"1")
    assert [listed.path for listed in place.look("vendor")] == ["books.json"]


def test_a_source_that_never_delivered_has_no_files(place: Place) -> None:
    assert place.look("vendor") == []


def test_an_empty_folder_has_no_files(place: Place) -> None:
    (place.root / "vendor/2021-12-31").mkdir(parents=True)
    assert place.look("vendor") == []


def test_a_root_that_does_not_exist_is_an_error(place: Place) -> None:
    missing = Place(place.root, place.url.rstrip("/") + "/no/such", place.ca)
    with refused(SourceUnreachable, "folder does not exist", "SONGIFY_DROPS_URL"):
        missing.look("vendor")


def test_the_place_shows_the_address_and_no_login(place: Place) -> None:
    shown = open_drops(place.url, "vendor", place.ca).place
    assert shown.endswith("/vendor")
    assert shown.startswith(("file:///", f"ftp://{HOST}:", f"ftps://{HOST}:"))


def test_links_that_lead_out_of_the_folder_are_ignored(tmp_path: Path, root: Path, cert: Certificate) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key.csv").write_text("1")
    with serve("folder", root, cert) as place:
        place.deliver("vendor/books.json", b"12", LONG_AGO)
        (root / "vendor/out").symlink_to(tmp_path / "secret")
        (root / "vendor/out.csv").symlink_to(tmp_path / "secret/key.csv")
        (root / "vendor/nowhere.csv").symlink_to("missing.csv")
        (root / "vendor/round").symlink_to(".")
        (root / "vendor/self").symlink_to("self")
        (root / "vendor/latest.json").symlink_to("books.json")
        assert place.look("vendor") == [Listed("books.json", 2, LONG_AGO), Listed("latest.json", 2, LONG_AGO)]


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_link_back_up_does_not_go_round_for_ever(kind: str, root: Path, cert: Certificate) -> None:
    with serve(kind, root, cert) as place:
        place.deliver("vendor/2021-12-31/books.json", b"12")
        (root / "vendor/2021-12-31/up").symlink_to(root / "vendor")
        assert len(place.look("vendor")) <= 3


@pytest.mark.parametrize("kind", ["folder", "vsftpd", "vsftpd with TLS"])  # pyftpdlib does not show such names
def test_a_file_arrives_whatever_bytes_its_name_has_and_is_called_what_windows_or_dos_would_show(
    kind: str, root: Path, tmp_path: Path, cert: Certificate
) -> None:
    with serve(kind, root, cert) as place:
        place.deliver("books.json", b"1")
        spelled = {"Bücher.csv": b"B\xfccher.csv", "Läden/“x”.csv": b"L\xe4den/\x93x\x94.csv", "Tür.csv": b"T\x81r.csv"}
        sent = {name: place.deliver(os.fsdecode(raw), name.encode()) for name, raw in spelled.items()}
        found = place.look()
        assert [listed.path for listed in found] == ["Bücher.csv", "Läden/“x”.csv", "Tür.csv", "books.json"]
        for number, listed in enumerate(found):
            assert place.fetch(listed, tmp_path / str(number)) == sent.get(listed.path, b"1")


@pytest.mark.parametrize("kind", ["folder", "vsftpd"])
def test_of_two_names_that_read_the_same_one_is_listed_and_the_other_noted(
    kind: str, root: Path, cert: Certificate
) -> None:
    with serve(kind, root, cert) as place:
        place.deliver("bücher.csv", b"1")
        place.deliver(os.fsdecode(b"b\xfccher.csv"), b"22")
        [listed], [odd] = place.look(), place.oddities()
        assert (listed.path, odd.what) == ("bücher.csv", "another name in this folder reads the same")


def test_a_file_in_the_place_of_the_sources_folder_is_an_error(place: Place) -> None:
    place.deliver("vendor", b"1")
    with refused(SourceUnreachable, "folder", "folder"):
        place.look("vendor")


# Fetching it


def test_files_arrive_byte_by_byte_whatever_their_name(place: Place, tmp_path: Path) -> None:
    sent = {name: place.deliver(f"vendor/2021-12-31/{name}", noise(1000 + i)) for i, name in enumerate(ODD_NAMES)}
    with open_drops(place.url, "vendor", place.ca) as drops:
        for listed in drops.look():
            drops.fetch(listed, tmp_path / "target")
            assert (tmp_path / "target").read_bytes() == sent.pop(listed.path.removeprefix("2021-12-31/"))
            (tmp_path / "target").unlink()
    assert not sent


def test_a_file_of_several_blocks_arrives_byte_by_byte(place: Place, tmp_path: Path) -> None:
    sent = place.deliver("plays.csv", noise(20_000_000))
    assert place.fetch(place.look()[0], tmp_path / "target") == sent


def test_an_empty_file_arrives(place: Place, tmp_path: Path) -> None:
    place.deliver("plays.csv", b"")
    assert place.fetch(place.look()[0], tmp_path / "target") == b""


def test_a_partial_file_is_continued_and_not_fetched_again(place: Place, tmp_path: Path) -> None:
    sent = place.deliver("plays.csv", noise(500_000))
    (tmp_path / "target").write_bytes(b"x" * 200_000)  # what is there already is taken as it is
    assert place.fetch(place.look()[0], tmp_path / "target") == b"x" * 200_000 + sent[200_000:]
    if place.commands is not None:
        assert "REST 200000" in place.commands


def test_a_file_that_is_there_already_is_not_fetched_again(place: Place, tmp_path: Path) -> None:
    place.deliver("plays.csv", noise(1000))
    (tmp_path / "target").write_bytes(b"x" * 1000)
    assert place.fetch(place.look()[0], tmp_path / "target") == b"x" * 1000


def test_a_target_that_is_too_large_is_started_over(place: Place, tmp_path: Path) -> None:
    sent = place.deliver("plays.csv", noise(1000))
    (tmp_path / "target").write_bytes(b"x" * 1001)
    assert place.fetch(place.look()[0], tmp_path / "target") == sent


def test_a_part_of_an_older_state_is_started_over(place: Place, tmp_path: Path) -> None:
    place.deliver("plays.csv", noise(1000))
    listed = place.look()[0]
    newer = place.deliver("plays.csv", noise(1001)[:1000], RECENTLY)
    (tmp_path / "target").write_bytes(b"x" * 400)
    assert place.fetch(listed, tmp_path / "target") == newer


def test_a_file_that_is_gone_is_said_to_be_gone(place: Place, tmp_path: Path) -> None:
    place.deliver("plays.csv", b"12")
    listed = place.look()[0]
    (place.root / "plays.csv").unlink()
    with refused(FileVanished, "is gone since it was listed"):
        place.fetch(listed, tmp_path / "target")


@pytest.mark.parametrize("size", [0, 400, 999, 1001, 30_000_000])
def test_a_file_that_grew_or_shrank_is_said_to_have_changed(place: Place, tmp_path: Path, size: int) -> None:
    place.deliver("plays.csv", noise(1000))
    listed = place.look()[0]
    place.deliver("plays.csv", bytes(size), RECENTLY)
    with refused(FileVanished, "changed while it was fetched"):
        place.fetch(listed, tmp_path / "target")
    assert (tmp_path / "target").stat().st_size <= 1000


def test_an_empty_file_that_grew_is_said_to_have_changed(place: Place, tmp_path: Path) -> None:
    place.deliver("plays.csv", b"")
    listed = place.look()[0]
    place.deliver("plays.csv", b"1")
    with refused(FileVanished, "changed while it was fetched"):
        place.fetch(listed, tmp_path / "target")


def test_a_part_of_a_file_that_grew_is_not_continued(place: Place, tmp_path: Path) -> None:
    place.deliver("plays.csv", noise(1000))
    listed = place.look()[0]
    place.deliver("plays.csv", noise(2000))
    (tmp_path / "target").write_bytes(b"x" * 1000)
    with refused(FileVanished, "changed while it was fetched"):
        place.fetch(listed, tmp_path / "target")


def test_a_full_disk_is_said_to_be_full(place: Place, tmp_path: Path) -> None:
    place.deliver("plays.csv", noise(100_000))
    (tmp_path / "target").symlink_to("/dev/full")
    with refused(DiskFull, "no space is left on the disk", "Free some space"):
        place.fetch(place.look()[0], tmp_path / "target")


def test_a_download_that_could_not_be_written_is_continued_later(place: Place, tmp_path: Path) -> None:
    sent = place.deliver("plays.csv", noise(3_000_000))
    listed = place.look()[0]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with refused(SongifyError, "cannot be written (File too large)", "load again"):
            place.fetch(listed, tmp_path / "target")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "target").stat().st_size == 1_000_000
    assert place.fetch(listed, tmp_path / "target") == sent
    if place.commands is not None:
        assert "REST 1000000" in place.commands


# When the connection breaks


@pytest.mark.parametrize("has_tls", [False, True], ids=["plain", "TLS"])
def test_a_download_that_breaks_off_resumes_where_it_stopped(
    root: Path, tmp_path: Path, cert: Certificate, caplog: pytest.LogCaptureFixture, has_tls: bool
) -> None:
    breaks = (300_001, 100_000)
    with pyftpd(root, user="u", password=PASSWORD, tls=cert if has_tls else None, breaks_after=breaks) as server:
        place = Place(root, server.url(), cert.ca)
        sent = place.deliver("plays.csv", noise(1_000_000))
        listed = place.look()[0]
        server.commands.clear()
        with caplog.at_level(logging.DEBUG):
            assert place.fetch(listed, tmp_path / "target") == sent
    of_transfers = [command for command in server.commands if command.startswith(("RETR", "REST"))]
    assert of_transfers == ["RETR /plays.csv", "REST 300001", "RETR /plays.csv", "REST 400001", "RETR /plays.csv"]
    assert "broke off at byte 300001" in caplog.text
    assert PASSWORD not in caplog.text


def test_a_download_goes_on_as_long_as_every_connection_brings_something(root: Path, tmp_path: Path) -> None:
    with pyftpd(root, breaks_after=(10_000,) * 20) as server:
        place = Place(root, server.url())
        sent = place.deliver("plays.csv", noise(250_000))
        assert place.fetch(place.look()[0], tmp_path / "target") == sent


def test_a_download_that_gets_nowhere_is_given_up(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ftp, "FIRST_PAUSE_S", 0.001)
    with pyftpd(root, user="u", password=PASSWORD, breaks_after=(10_000, *[0] * 20)) as server:
        place = Place(root, server.url())
        place.deliver("plays.csv", noise(50_000))
        listed = place.look()[0]
        with refused(FileUnreachable, "the server hangs up", "goes on where it stopped"):
            place.fetch(listed, tmp_path / "target")
    assert [command for command in server.commands if "RETR" in command] == ["RETR /plays.csv"] * (1 + ftp.ATTEMPTS)
    assert (tmp_path / "target").stat().st_size == 10_000


def test_a_file_replaced_while_it_broke_off_is_started_over(root: Path, tmp_path: Path) -> None:
    newer = noise(100_001)[:100_000]

    def replace_it(command: str) -> None:
        if command.startswith("SIZE"):
            place.deliver("plays.csv", newer, RECENTLY)

    with pyftpd(root, breaks_after=(30_000,), before_command=replace_it) as server:
        place = Place(root, server.url())
        place.deliver("plays.csv", noise(100_000))
        assert place.fetch(place.look()[0], tmp_path / "target") == newer


def test_an_idle_connection_that_was_cut_is_opened_again(root: Path, tmp_path: Path) -> None:
    with pyftpd(root, hangs_up_after_s=0.2) as server, open_drops(server.url(), None, None) as drops:
        place = Place(root, server.url())
        sent = place.deliver("plays.csv", noise(1000))
        for _ in range(2):
            listed = list(drops.look())
            time.sleep(0.4)
        drops.fetch(listed[0], tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == sent
    assert server.commands.count("USER anonymous") == 3


# When the server is not as it should be


def test_a_refused_login_is_said_to_be_one(root: Path) -> None:
    with pyftpd(root, user="u", password="another") as server:
        server.password = PASSWORD
        with refused(SourceUnreachable, "login refused", "Check user and password"):
            Place(root, server.url()).look()


def test_a_server_that_does_not_run_is_said_not_to_run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ftp, "FIRST_PAUSE_S", 0.001)
    place = Place(root, f"ftp://u:{quote(PASSWORD, safe='')}@{HOST}:{free_port()}/")
    with refused(SourceUnreachable, "nothing listens there", "Start the server"):
        place.look()
    with refused(SourceUnreachable, "nothing listens there", "Start the server"):
        place.fetch(Listed("plays.csv", 1, LONG_AGO), tmp_path / "target")


def test_a_host_name_that_nobody_knows_is_said_to_be_unknown(root: Path) -> None:
    with refused(SourceUnreachable, "no such host name", "DNS"):
        Place(root, f"ftp://u:{quote(PASSWORD, safe='')}@songify.invalid/").look()


def test_a_server_that_does_not_answer_is_said_so(root: Path) -> None:
    with socket.create_server((HOST, 0)) as silent, refused(SourceUnreachable, "no answer", "firewalls"):
        url = f"ftp://u:{quote(PASSWORD, safe='')}@{HOST}:{silent.getsockname()[1]}/"
        Place(root, url, limits=Limits(answer_s=0.2)).look()


def test_a_server_that_is_no_ftp_server_is_said_to_be_none(root: Path) -> None:
    with socket.create_server((HOST, 0)) as other:

        def greet() -> None:
            with other.accept()[0] as connection:
                connection.sendall(b"+OK POP3 ready\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        with refused(SourceUnreachable, "no FTP server", "port"):
            Place(root, f"ftp://u:{quote(PASSWORD, safe='')}@{HOST}:{other.getsockname()[1]}/").look()
        thread.join()


def test_a_certificate_of_an_unknown_authority_is_refused(root: Path, cert: Certificate) -> None:
    with pyftpd(root, user="u", password=PASSWORD, tls=cert) as server:
        with refused(SourceUnreachable, "the certificate is not trusted", "SONGIFY_FTPS_CA"):
            Place(root, server.url()).look()
        assert not [command for command in server.commands if command.startswith("PASS")]


def test_a_certificate_for_another_host_is_refused(root: Path, tmp_path: Path) -> None:
    other = certificate(tmp_path, "drops.example")
    with pyftpd(root, user="u", password=PASSWORD, tls=other) as server:
        with refused(SourceUnreachable, "the certificate is for another host name", "name in the certificate"):
            Place(root, server.url(), other.ca).look()
        with refused(SourceUnreachable, "the certificate is for another host name"):
            Place(root, server.url(host="localhost"), other.ca).look()
        assert not [command for command in server.commands if command.startswith("PASS")]


def test_a_certificate_of_ones_own_authority_is_trusted_by_name_and_by_address(root: Path, cert: Certificate) -> None:
    with pyftpd(root, user="u", password=PASSWORD, tls=cert) as server:
        place = Place(root, server.url(host="localhost"), cert.ca)
        place.deliver("plays.csv", b"1")
        assert len(place.look()) == 1
        assert len(Place(root, server.url(), cert.ca).look()) == 1
        assert "PROT P" in server.commands


def test_a_password_is_never_sent_in_the_clear_where_tls_was_asked_for(root: Path) -> None:
    with pyftpd(root, user="u", password=PASSWORD) as server:
        server.is_tls = True
        with refused(SourceUnreachable, "the server offers no TLS", "in the clear"):
            Place(root, server.url()).look()
        assert not [command for command in server.commands if command.startswith("PASS")]


def test_a_server_that_wants_tls_is_said_to_want_it(root: Path, cert: Certificate) -> None:
    with pyftpd(root, user="u", password=PASSWORD, tls=cert) as server:
        server.is_tls = False
        with refused(SourceUnreachable, "the server wants TLS", "ftps://"):
            Place(root, server.url()).look()


def test_a_file_that_the_server_refuses_is_not_said_to_be_gone(root: Path, tmp_path: Path) -> None:
    with pyftpd(root, user="u", password=PASSWORD, may_read=False) as server:
        place = Place(root, server.url())
        place.deliver("plays.csv", b"1")
        with refused(FileUnreachable, "the server refuses to send it", "right to read"):
            place.fetch(place.look()[0], tmp_path / "target")


def test_a_folder_that_may_not_be_read_is_said_so(root: Path, cert: Certificate) -> None:
    with serve("folder", root, cert) as place:
        place.deliver("vendor/books.json", b"1")
        root.chmod(0)
        was = os.geteuid()
        os.seteuid(was or 65534)  # root may read everything
        try:
            with refused(SourceUnreachable, "cannot be read (Permission denied)", "readable"):
                place.look("vendor")
        finally:
            os.seteuid(was)
            root.chmod(0o755)


# The URL


@pytest.mark.parametrize("url", ["sftp://u:{}@host/", "http://u:{}@host/", "drops", "", "u:{}@host"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with refused(SettingsError, "not supported", "file://, ftp:// or ftps://"):
        open_drops(url.format(PASSWORD), "vendor", None)


@pytest.mark.parametrize(
    "password", [PASSWORD, "pa/ss", "12/ss", "pa#ss", "12#ss", "pa?ss", "12?ss", "p@12/ss", "%FF", "a%0Ab"]
)
@pytest.mark.parametrize("scheme", ["ftp", "FTPS"])
def test_a_password_that_is_not_encoded_is_refused_and_not_shown(scheme: str, password: str) -> None:
    with pytest.raises(SettingsError, match=r"percent-encoded") as caught:
        open_drops(f"{scheme}://user:{password}@host:21/drops", "vendor", None)
    shown = "".join(traceback.format_exception(caught.value))
    assert not [part for part in ("ss@host", password) if part in shown]


@pytest.mark.parametrize("url", ["ftp://", "ftp:///drops", "ftp://host:port/", "ftp://host:99999/"])
def test_a_url_without_a_usable_host_and_port_is_refused(url: str) -> None:
    with refused(SettingsError, "cannot be read"):
        open_drops(url, None, None)


def test_a_file_url_needs_a_full_path() -> None:
    with refused(SettingsError, "full path", "file:///"):
        open_drops("file://drops/here", None, None)


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    root = tmp_path / "a #1? @ü"
    (root / "vendor").mkdir(parents=True)
    (root / "vendor/books.json").write_text("1")
    assert len(Place(root, f"file://{root}").look("vendor")) == 1


def test_a_missing_or_broken_private_authority_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("no certificate")
    for name in ("missing.pem", "broken.pem"):
        with refused(SettingsError, name, "PEM"):
            open_drops("ftps://host/", None, tmp_path / name)


def test_a_disk_that_loses_what_it_was_given_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    (tmp_path / "drops").mkdir()
    (tmp_path / "drops" / "plays.csv").write_bytes(b"x" * 1000)
    monkeypatch.setattr(os, "fdatasync", fails)
    drops = open_drops((tmp_path / "drops").as_uri(), None, None)
    with pytest.raises(SongifyError, match="cannot be written"):
        drops.fetch(next(drops.look()), tmp_path / "target")
