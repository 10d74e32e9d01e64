"""FTP servers that are broken or mean harm: they cost no memory, disk or time without limit, and only what they spoil is lost."""

import contextlib
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from songify_assets.errors import FileUnreachable, FileVanished, OddEntry, SongifyError, SourceUnreachable
from songify_assets.foundation.sources import Listed, ftp, open_drops
from songify_assets.foundation.sources.limits import Limits
from songify_assets_tests.hostile import MOST_S, PASSWORD, Scene, Talk, playing
from songify_assets_tests.servers import HOST, Certificate, certificate

LIMITS = Limits(answer_s=1, least_bytes_s=10_000, listing_s=10, entries=500, listing_bytes=100_000, reply_bytes=20_000)
SHORT_S = 60
GOOD = "type=file;size=4;modify=20211201060000; good.csv"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ftp, "FIRST_PAUSE_S", 0.001)


@pytest.fixture(autouse=True)
def is_short(request: pytest.FixtureRequest) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < (300 if "million" in request.node.name else SHORT_S)


@pytest.fixture(scope="module")
def cert(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("certificate"))


def look(
    scene: Scene, *, tls: Certificate | None = None, limits: Limits = LIMITS
) -> tuple[list[str], list[SongifyError]]:
    """The paths that a look lists, and what it tells."""
    files, told = [], []
    with open_drops(scene.url("ftps" if tls else "ftp"), None, tls and tls.ca, limits=limits) as drops:
        try:
            for entry in drops.look():
                if isinstance(entry, Listed):
                    files.append(entry.path)
                else:
                    told.append(entry)
        except SourceUnreachable as error:
            told.append(error)
    for error in told:
        assert str(error).isprintable()
        assert len(str(error)) < 600
        shown = "".join(traceback.format_exception(error))
        assert PASSWORD not in shown
        assert quote(PASSWORD, safe="") not in shown
    return files, told


def fetch(scene: Scene, target: Path, *paths: str, size: int = 4) -> list[bytes | SongifyError]:
    """What comes of these files, fetched one after the other."""
    came: list[bytes | SongifyError] = []
    with open_drops(scene.url(), None, None, limits=LIMITS) as drops:
        moment = next(entry.modified for entry in drops.look() if isinstance(entry, Listed))
        for path in paths or ("good.csv",):
            target.unlink(missing_ok=True)
            try:
                drops.fetch(Listed(path, size, moment), target)
                came.append(target.read_bytes())
            except SongifyError as error:
                came.append(error)
            assert not target.exists() or target.stat().st_size <= size
    return came


# The conversation


def endless(talk: Talk, _: str) -> None:
    talk.drip(talk.sock, lambda number: b"220-%d bottles of beer on the wall\r\n" % number)


def line_without_an_end(talk: Talk, _: str) -> None:
    talk.drip(talk.sock, lambda _: b"220 " + b"x" * 1000)


def byte_by_byte(talk: Talk, _: str) -> None:
    talk.drip(talk.sock, lambda _: b"2", every_s=0.05)


def silent(talk: Talk, _: str) -> None:
    talk.wait()


def hangs_up(talk: Talk, _: str) -> None:
    talk.sock.close()


def never_ends_its_reply(talk: Talk, _: str) -> None:
    talk.say("220-welcome")
    talk.wait()


def says(line: str) -> Callable[[Talk, str], None]:
    return lambda talk, _: talk.say(line)


TALKS = {
    "a greeting without an end": ("CALL", endless, "no FTP server"),
    "a greeting in one line without an end": ("CALL", line_without_an_end, "no FTP server"),
    "a greeting byte by byte": ("CALL", byte_by_byte, "no answer came in time"),
    "no greeting": ("CALL", silent, "no answer came in time"),
    "half a greeting": ("CALL", never_ends_its_reply, "no answer came in time"),
    "a call that is cut off": ("CALL", hangs_up, "hangs up"),
    "too many users": ("CALL", says("421 too many users, come back later"), "too many users"),
    "another protocol": ("CALL", lambda talk, _: talk.send(b"\x00\xff\x16\x03\x01 HTTP/1.1\r\n"), "no FTP server"),
    "a code that is none": ("CALL", says("999 hello"), "no FTP server"),
    "a login that is never answered": ("PASS", silent, "no answer came in time"),
    "a refusal that tells the password": ("PASS", says(f"530 {PASSWORD} is wrong"), "login refused"),
    "an error that tells the password": ("TYPE", says(f"504 {PASSWORD}"), "the server answers: 504 ***"),
    "endless features": ("FEAT", endless, "no FTP server"),
    "a folder that is garbage": ("PWD", says("257 here \x1b[2J"), ""),
    "a folder with a control character": ("PWD", says('257 "/\x01"'), "folder does not exist"),
    "hanging up at each listing": ("PASV", hangs_up, "hangs up"),
    "a passive port that is none": ("PASV", says("227 (127,0,0,1,999,999)"), ""),
    "a passive answer that is garbage": ("PASV", says("227 (a,b,c)"), ""),
    "a passive port where nobody listens": ("PASV", says("227 (127,0,0,1,0,1)"), "nothing listens"),
    "a data connection that stays silent": ("MLSD", lambda talk, _: talk.say("150 soon") or talk.wait(), "no answer"),
    "no listing, but an answer": ("MLSD", says("226 done"), "no answer"),
    "a listing refused": ("MLSD", says("550 not for you"), "not for you"),
    "a listing put off": ("MLSD", says("450 busy"), "busy"),
    "two thousand answers at once": ("MLSD", lambda talk, _: talk.send(b"226 done\r\n" * 2000), ""),
}  # fmt: skip


@pytest.mark.parametrize(("command", "act", "says"), TALKS.values(), ids=TALKS)
def test_a_conversation_that_goes_wrong_is_one_clear_error(
    command: str, act: Callable[[Talk, str], None], says: str
) -> None:
    with playing(Scene(on={command: act})) as scene:
        files, told = look(scene)
    if says:
        assert not files
        assert [type(error) for error in told] == [SourceUnreachable]
        assert says in told[0].what
    assert scene.calls <= 2


def test_what_is_waited_for_is_told() -> None:
    told: list[str] = []
    with (
        playing(Scene(on={"MLSD": silent})) as scene,
        pytest.raises(SourceUnreachable, match="no answer"),
        open_drops(scene.url(), None, None, told.append, Limits(answer_s=2.5)) as drops,
    ):
        list(drops.look())
    place = f"ftp://127.0.0.1:{scene.port}"
    assert told[0].startswith(f"waiting for {place} to answer MLSD (")
    assert len(told) <= 2


def call_nobody(told: list[str]) -> SourceUnreachable:
    """What a look at a host says that does not even answer the call."""
    limits = Limits(answer_s=1.5)
    with (
        open_drops("ftp://drops.example/", None, None, told.append, limits) as drops,
        pytest.raises(SourceUnreachable) as caught,
    ):
        list(drops.look())
    return caught.value


def test_a_name_server_that_does_not_answer_is_not_waited_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over, told = threading.Event(), []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: is_over.wait(MOST_S) and [])
    error = call_nobody(told)
    is_over.set()
    assert "no answer came in time" in error.what
    assert told[0].startswith("waiting for ftp://drops.example:21 to answer the call (")


def test_a_host_that_does_not_take_the_call_is_not_waited_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as busy, contextlib.ExitStack() as calls:
        busy.bind((HOST, 0))
        busy.listen(0)
        for _ in range(3):  # more than wait in line: Linux drops the next
            call = calls.enter_context(socket.socket())
            call.setblocking(False)
            call.connect_ex(busy.getsockname())
        place = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", busy.getsockname())] * 50  # each would have its own 30 s
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: place)
        assert "no answer came in time" in call_nobody([]).what


# Listings


def listing(pieces: Callable[[int], bytes], every_s: float = 0) -> Callable[[Talk, str], None]:
    def act(talk: Talk, _: str) -> None:
        talk.say("150 here it comes")
        with talk.data() as conn:
            talk.drip(conn, pieces, every_s)

    return act


@pytest.mark.parametrize("has_mlsd", [True, False], ids=["MLSD", "LIST"])
def test_a_listing_without_an_end_ends(has_mlsd: bool) -> None:
    lines = (b"type=file;size=1;modify=20211201060000; %d.csv\r\n", b"-rw-rw-rw- 1 a b 1 Dec 1 06:00 %d.csv\r\n")
    scene = Scene(
        has_mlsd=has_mlsd, on={"MLSD": listing(lambda n: lines[0] % n), "LIST": listing(lambda n: lines[1] % n)}
    )
    with playing(scene):
        files, told = look(scene)
    assert (files, [error.what for error in told]) == ([], ["it lists more than 500 files and folders"])


def test_a_line_of_a_listing_without_an_end_ends() -> None:
    with playing(Scene(on={"MLSD": listing(lambda _: b"x" * 1000)})) as scene:
        assert [error.what for error in look(scene)[1]] == ["its listing has a line without an end"]


def test_a_listing_of_empty_lines_without_an_end_ends() -> None:
    with playing(Scene(on={"MLSD": listing(lambda _: b"\r\n" * 1000)})) as scene:
        assert [error.what for error in look(scene)[1]] == ["it lists more than 500 files and folders"]


def test_a_listing_byte_by_byte_is_given_up() -> None:
    with playing(Scene(on={"MLSD": listing(lambda _: b"x", every_s=0.01)})) as scene:
        [error] = look(scene)[1]
    assert "next to nothing" in error.what


NAMES = {
    "a path upwards": "x/../../etc/passwd",
    "a full path": "/etc/passwd",
    "a path with blanks": " ../x",
    "an escape sequence": "\x1b[2J\x1b]0;owned\x07.csv",
    "a line sign": "a\rDELE b.csv",
    "a line sign of Unicode": "a\u2028b.csv",
    "a null": "a\0.csv",
    "5000 letters": "x" * 5000,
}  # fmt: skip


@pytest.mark.parametrize("has_mlsd", [True, False], ids=["MLSD", "LIST"])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_that_can_be_none_is_noted_and_the_others_are_listed(name: str, has_mlsd: bool) -> None:
    line = f"type=file;size=1;modify=20211201060000; {name}" if has_mlsd else f"-rw-rw-rw- 1 a b 1 Dec 1 06:00 {name}"
    with playing(Scene(has_mlsd=has_mlsd, listing=(line,))) as scene:
        files, told = look(scene)
    assert (files, [type(error) for error in told]) == (["good.csv"], [OddEntry])
    assert not [command for command in scene.commands if "DELE" in command or "passwd" in command]


@pytest.mark.parametrize("size", ["", "soon", "-1", "1.5", "1e3", "9" * 30])
def test_a_size_that_cannot_be_understood_is_noted_and_the_others_are_listed(size: str) -> None:
    scene = Scene(listing=(f"type=file;size={size};modify=20211201060000; odd.csv",))
    scene.on = {"SIZE": says(f"213 {size}")}
    with playing(scene):
        files, [error] = look(scene)
    assert (files, type(error)) == (["good.csv"], OddEntry)
    assert "its size cannot be understood" in str(error)
    assert "/odd.csv: " in str(error)


@pytest.mark.parametrize(
    "time", ["", "soon", "00000000000000", "20211331000000", "99991231235959", "191211201060000", "-1"]
)
def test_a_time_that_cannot_be_understood_is_noted_and_the_others_are_listed(time: str) -> None:
    scene = Scene(listing=(f"type=file;size=1;modify={time}; odd.csv",))
    scene.on = {"MDTM": says(f"213 {time}")}
    with playing(scene):
        files, [error] = look(scene)
    assert (files, type(error)) == (["good.csv"], OddEntry)
    assert "its modification time cannot be understood" in str(error)


@pytest.mark.parametrize("line", ["-rw------- 1 a b", "total nonsense", "\x1b[2J", "{}", "-rw-r--r--" * 200])
def test_a_line_that_nobody_understands_is_noted_and_the_others_are_listed(line: str) -> None:
    with playing(Scene(has_mlsd=False, listing=(line,))) as scene:
        files, told = look(scene)
    assert (files, [error.what for error in told]) == (
        ["good.csv"],
        ["this line of the server's listing is not understood"],
    )


def test_of_very_many_odd_entries_only_some_are_told() -> None:
    lines = tuple(f"type=file;size=-1;modify=20211201060000; {number}" for number in range(400))
    with playing(Scene(listing=lines, on={"SIZE": says("213 -1")})) as scene:
        files, told = look(scene)
    assert (files, len(told)) == (["good.csv"], LIMITS.told + 1)
    assert told[-1].what == f"{400 - LIMITS.told} more files and folders there are no better"


def test_a_listing_of_which_nobody_understands_a_line_is_not_taken_for_an_empty_folder() -> None:
    with playing(Scene(files={}, has_mlsd=False, listing=("<html>", "<p>Hello"))) as scene:
        _, [error] = look(scene)
    assert isinstance(error, SourceUnreachable)
    assert "not understood ('<html>')" in error.what


@pytest.mark.parametrize("code", ["450 busy", "501 what?", "550 gone", "226 what?", "331 more?"])
@pytest.mark.parametrize("command", ["SIZE", "MDTM"])
def test_a_file_of_which_the_server_tells_nothing_is_noted_and_the_others_are_listed(command: str, code: str) -> None:
    def act(talk: Talk, path: str) -> None:
        usual = getattr(Scene, f"_{command.lower()}")
        talk.say(code) if path == "/odd.csv" else usual(talk.scene, talk, path)

    scene = Scene(files={"/good.csv": b"good", "/odd.csv": b"odd"}, has_mlsd=False, on={command: act})
    with playing(scene):
        files, [error] = look(scene)
    assert (files, type(error)) == (["good.csv"], OddEntry)


@pytest.mark.parametrize("command", ["SIZE", "MDTM"])
def test_a_server_that_tells_no_sizes_or_times_is_said_to_be_one(command: str) -> None:
    with playing(Scene(has_mlsd=False, on={command: says("502 never heard of it")})) as scene:
        files, [error] = look(scene)
    assert (files, type(error)) == ([], SourceUnreachable)
    assert "have MLSD switched on there, or SIZE and MDTM" in error.remedy


# Folders


def folders(names: Callable[[str], list[str]]) -> dict[str, Callable[[Talk, str], None]]:
    """A server on which every folder can be opened and lists these lines."""

    def cwd(talk: Talk, folder: str) -> None:
        talk.folder = folder
        talk.say("250 fine")

    return {
        "CWD": cwd,
        "MLSD": lambda talk, _: talk.transfer("".join(f"{line}\n" for line in names(talk.folder)).encode()),
    }


def test_a_folder_that_contains_itself_is_entered_once() -> None:
    with playing(Scene(on=folders(lambda _: [GOOD, "type=dir; again"]))) as scene:
        files, told = look(scene)
    assert (files, [error.what for error in told]) == (["good.csv"], ["this folder contains itself"])


def test_folders_that_contain_each_other_are_known_by_their_identity() -> None:
    def names(folder: str) -> list[str]:
        turn = "ab"[folder.count("/a") + folder.count("/b") - (folder != "/") & 1]
        return [f"type=file;size=4;modify=20211201060000; {folder.count('/')}.csv", f"type=dir;unique={turn}; {turn}"]

    with playing(Scene(on=folders(names))) as scene:
        files, told = look(scene)
    assert len(files) <= 5
    assert [error.what for error in told] == ["this folder contains itself"]


def test_folders_a_hundred_deep_are_entered_to_a_depth() -> None:
    with playing(Scene(on=folders(lambda folder: [GOOD.replace("good", f"{len(folder)}"), "type=dir; in"]))) as scene:
        files, told = look(scene)
    assert len(files) == LIMITS.depth + 1
    assert [error.what for error in told] == [f"this folder lies more than {LIMITS.depth} folders deep"]


def test_folders_that_become_ever_more_are_entered_until_the_limit_of_entries() -> None:
    def names(folder: str) -> list[str]:
        return [GOOD.replace("good", f"{hash(folder)}"), *(f"type=dir; {number}" for number in range(3))]

    with playing(Scene(on=folders(names))) as scene:
        files, told = look(scene)
    assert len(files) > 50
    assert "it lists more than 500 files and folders" in [error.what for error in told]


def test_listing_takes_no_longer_than_it_may() -> None:
    def slow(folder: str) -> list[str]:
        time.sleep(0.3)
        return [GOOD, f"type=dir; z{len(folder)}"]

    with playing(Scene(on=folders(slow))) as scene:
        files, [error] = look(scene, limits=Limits(answer_s=1, listing_s=1))
    assert files
    assert "listing it takes more than" in error.what


def test_a_folder_that_is_refused_or_hidden_leaves_the_others() -> None:
    scene = Scene(files={"/good.csv": b"good", "/shut/a.csv": b"a", "/open/b.csv": b"b", "/.git/c.csv": b"c"})
    scene.on = {"CWD": lambda talk, folder: talk.say("550 no") if "shut" in folder else Scene._cwd(scene, talk, folder)}
    with playing(scene):
        files, [error] = look(scene)
    assert (files, type(error)) == (["good.csv", "open/b.csv"], FileUnreachable)
    assert "the server does not open this folder" in error.what


@pytest.mark.parametrize("act", [silent, hangs_up, says("150 soon, or never")], ids=["silent", "hangs up", "no data"])
def test_a_folder_that_cannot_be_listed_leaves_the_others(act: Callable[[Talk, str], None]) -> None:
    scene = Scene(files={"/a/1.csv": b"1", "/b/2.csv": b"2", "/c/3.csv": b"3"})
    scene.on = {"MLSD": lambda talk, _: act(talk, _) if talk.folder == "/b" else Scene._mlsd(scene, talk, _)}
    with playing(scene):
        files, [error] = look(scene)
    assert (files, type(error)) == (["a/1.csv", "c/3.csv"], FileUnreachable)
    assert error.where.endswith("/b")


def test_of_folders_that_are_silent_only_two_are_waited_for() -> None:
    scene = Scene(files={f"/{letter}/1.csv": b"1" for letter in "abcdef"})
    scene.on = {"MLSD": lambda talk, _: Scene._mlsd(scene, talk, _) if talk.folder in "/a" else talk.wait()}
    with playing(scene):
        files, told = look(scene)
    assert (files, [type(error) for error in told]) == (["a/1.csv"], [FileUnreachable, SourceUnreachable])


@pytest.mark.parametrize("reply", ["500 never heard of such a name", "502 no"])
def test_a_name_that_a_server_takes_for_an_unknown_command_is_noted(reply: str) -> None:
    scene = Scene(files={"/good.csv": b"good", "/odd.csv": b"odd"}, has_mlsd=False)
    scene.on = {"SIZE": lambda talk, path: talk.say(reply) if "odd" in path else Scene._size(scene, talk, path)}
    with playing(scene):
        files, [error] = look(scene)
    assert (files, type(error)) == (["good.csv"], OddEntry)


def test_a_million_entries_take_little_memory() -> None:
    def million(talk: Talk, _: str) -> None:
        line = b"type=file;size=1;modify=20211201060000;unique=801g4804045; %d-events-of-some-day.json\r\n"
        talk.say("150 here it comes")
        with talk.data() as conn:
            for start in range(0, 1_000_000, 10_000):
                conn.sendall(b"".join(line % number for number in range(start, start + 10_000)))

    script = """
import resource, sys
from songify_assets.foundation.sources import open_drops
resource.setrlimit(resource.RLIMIT_AS, (700 << 20,) * 2)
with open_drops(sys.argv[1], None, None) as drops:
    print([entry.what for entry in drops.look()])
"""
    with playing(Scene(on={"MLSD": million})) as scene:
        ran = subprocess.run([sys.executable, "-c", script, scene.url()], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "['it lists more than 500,000 files and folders']", ran.stderr


# Where the server leads us


def test_a_passive_address_elsewhere_is_not_gone_to() -> None:
    def elsewhere(talk: Talk, _: str) -> None:
        talk.say(f"227 (192,0,2,1,{','.join(talk.listen()[4:])})")

    with playing(Scene(on={"PASV": elsewhere})) as scene:
        assert look(scene) == (["good.csv"], [])


@pytest.mark.parametrize("reply", ["502 no", "534 no", "431 later", "500 what?"])
def test_no_password_is_sent_where_tls_is_refused(reply: str, cert: Certificate) -> None:
    with playing(Scene(on={"AUTH": says(reply)})) as scene:
        files, told = look(scene, tls=cert)
    assert (files, [type(error) for error in told]) == ([], [SourceUnreachable])
    assert not [command for command in scene.commands if command.startswith(("USER", "PASS"))]


def test_no_password_is_sent_where_tls_is_promised_and_does_not_come(cert: Certificate) -> None:
    def promise(talk: Talk, _: str) -> None:
        talk.send(b'234 go on\r\n230 you are in already\r\n257 "/"\r\n')

    with playing(Scene(on={"AUTH": promise})) as scene:
        _, [error] = look(scene, tls=cert)
    assert "no TLS connection" in error.what
    assert not [command for command in scene.commands if command.startswith(("USER", "PASS"))]


def test_a_tls_handshake_that_never_comes_is_given_up(cert: Certificate) -> None:
    with playing(Scene(on={"AUTH": lambda talk, _: talk.say("234 go on") or talk.wait()})) as scene:
        _, [error] = look(scene, tls=cert)
    assert "no answer came in time" in error.what


def test_replies_sent_before_tls_begins_are_forgotten(cert: Certificate) -> None:
    def ahead(talk: Talk, _: str) -> None:
        talk.send(b"234 go on\r\n331 said before its time\r\n530 said before its time\r\n")
        talk.sock = talk.scene.tls_context().wrap_socket(talk.sock, server_side=True)

    with playing(Scene(certificate=cert, on={"AUTH": ahead})) as scene:
        assert look(scene, tls=cert) == (["good.csv"], [])


def test_data_in_the_clear_are_not_taken_where_tls_was_asked_for(cert: Certificate) -> None:
    def clear(talk: Talk, _: str) -> None:
        talk.say("150 here it comes")
        with talk.data(is_protected=False) as conn:
            conn.sendall(f"{GOOD}\r\n".encode())
        talk.say("226 done")

    with playing(Scene(certificate=cert, on={"MLSD": clear})) as scene:
        files, [error] = look(scene, tls=cert)
    assert (files, error.what) == ([], "no TLS connection comes about")


def test_a_server_that_will_not_protect_data_gets_none(cert: Certificate) -> None:
    with playing(Scene(certificate=cert, on={"PROT": says("536 no")})) as scene:
        files, [error] = look(scene, tls=cert)
    assert not files
    assert "536 no" in error.what


# Files


def sends(pieces: Callable[[int], bytes], every_s: float = 0) -> Callable[[Talk, str], None]:
    return listing(pieces, every_s)


def only(path: str, act: Callable[[Talk, str], None]) -> Callable[[Talk, str], None]:
    return lambda talk, asked: act(talk, asked) if asked == path else talk.scene._retr(talk, asked)


def test_a_file_without_an_end_takes_no_more_than_its_size(tmp_path: Path) -> None:
    with playing(Scene(on={"RETR": sends(lambda _: b"x" * 100_000)})) as scene:
        [error] = fetch(scene, tmp_path / "target")
    assert isinstance(error, FileVanished)


def test_a_file_byte_by_byte_is_given_up_and_the_next_one_comes(tmp_path: Path) -> None:
    act = only("/good.csv", sends(lambda _: b"x", every_s=0.005))
    scene = Scene(files={"/good.csv": bytes(50_000), "/next.csv": bytes(50_000)}, on={"RETR": act})
    with playing(scene):
        error, came = fetch(scene, tmp_path / "target", "good.csv", "next.csv", size=50_000)
    assert isinstance(error, FileUnreachable)
    assert "next to nothing" in error.what
    assert came == bytes(50_000)


def test_one_byte_a_connection_is_next_to_nothing_too(tmp_path: Path) -> None:
    def one_byte(talk: Talk, path: str) -> None:
        talk.say("150 here it comes")
        with talk.data() as conn:
            conn.sendall(b"x")
        talk.sock.close()

    with playing(Scene(files={"/good.csv": bytes(50_000)}, on={"RETR": one_byte})) as scene:
        [error] = fetch(scene, tmp_path / "target", size=50_000)
    assert isinstance(error, FileUnreachable)
    assert "next to nothing" in error.what


def test_a_file_that_never_comes_is_given_up_and_the_next_one_comes(tmp_path: Path) -> None:
    scene = Scene({"/good.csv": b"good", "/next.csv": b"next"}, on={"RETR": only("/good.csv", silent)})
    with playing(scene):
        error, came = fetch(scene, tmp_path / "target", "good.csv", "next.csv")
    assert (type(error), came) == (FileUnreachable, b"next")


def test_of_files_that_never_come_only_two_are_waited_for(tmp_path: Path) -> None:
    with playing(Scene(on={"RETR": silent})) as scene:
        first, second = fetch(scene, tmp_path / "target", "good.csv", "good.csv")
    assert (type(first), type(second)) == (FileUnreachable, SourceUnreachable)


def test_a_file_is_whole_though_the_server_never_says_so(tmp_path: Path) -> None:
    def unsaid(talk: Talk, path: str) -> None:
        talk.say("150 here it comes")
        with talk.data() as conn:
            conn.sendall(b"good")
        talk.wait()

    with playing(Scene(on={"RETR": unsaid})) as scene:
        assert fetch(scene, tmp_path / "target") == [b"good"]


@pytest.mark.parametrize("reply", ["550 no", "553 no", "451 local error", "426 cut off", "226 done", "331 more?"])
def test_a_file_that_is_refused_leaves_the_others(reply: str, tmp_path: Path) -> None:
    scene = Scene({"/good.csv": b"good", "/next.csv": b"next"}, on={"RETR": only("/good.csv", says(reply))})
    with playing(scene):
        error, came = fetch(scene, tmp_path / "target", "good.csv", "next.csv")
    assert (type(error), came) == (FileUnreachable, b"next")
    assert scene.calls <= 2 * ftp.ATTEMPTS


def test_a_size_that_lies_upwards_is_given_up_and_the_next_one_comes(tmp_path: Path) -> None:
    scene = Scene({"/good.csv": b"good", "/next.csv": b"12345"}, on={"SIZE": says("213 5")})
    with playing(scene):
        error, came = fetch(scene, tmp_path / "target", "good.csv", "next.csv", size=5)
    assert (type(error), came) == (FileUnreachable, b"12345")


def test_a_server_that_hangs_up_again_and_again_is_called_a_few_times(tmp_path: Path) -> None:
    with playing(Scene(on={"RETR": hangs_up})) as scene:
        [error] = fetch(scene, tmp_path / "target")
    assert isinstance(error, FileUnreachable)
    assert scene.calls == ftp.ATTEMPTS


def test_a_server_that_starts_over_where_it_should_go_on_spoils_no_file(tmp_path: Path) -> None:
    calls = iter((b"12", b"12345678", b"12345678"))

    def from_the_start(talk: Talk, _: str) -> None:
        talk.say("150 here it comes")
        with talk.data() as conn:
            conn.sendall(next(calls))
        talk.sock.close()

    with playing(Scene({"/good.csv": b"12345678"}, on={"RETR": from_the_start})) as scene:
        [error] = fetch(scene, tmp_path / "target", size=8)
    assert isinstance(error, FileVanished)


def test_a_visit_takes_no_longer_than_it_may(tmp_path: Path) -> None:
    slow = sends(lambda _: bytes(10_000), every_s=0.02)
    with (
        playing(Scene({"/good.csv": bytes(10**8)}, on={"RETR": slow})) as scene,
        open_drops(scene.url(), None, None, limits=Limits(visit_s=0.5)) as drops,
    ):
        [listed] = drops.look()
        assert isinstance(listed, Listed)
        with pytest.raises(SourceUnreachable, match="longer than any visit may") as caught:
            drops.fetch(listed, tmp_path / "target")
    assert type(caught.value) is SourceUnreachable
