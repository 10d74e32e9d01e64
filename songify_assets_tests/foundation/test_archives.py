"""What comes out of compressed deliveries, and what is refused."""

import errno
import gzip
import io
import stat
import subprocess
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.landing import archives
from songify_assets.foundation.landing.archives import unpack
from songify_assets_tests.servers import needs_program

CONTENT = b"id,country\n1,SE\n" * 1000


def zst(content: bytes) -> bytes:
    return bytes(pa.compress(content, "zstd", asbytes=True))


def zipped(members: dict[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def unpacked(content: bytes, name: str, into: Path) -> list[tuple[str, bytes]]:
    path = into.parent / "delivered"
    path.write_bytes(content)
    found = unpack(path, name, into, "vendor/" + name)
    assert {file for _, file in found} == set(into.iterdir()), "exactly what was told lies there, under names of ours"
    assert len({file for _, file in found}) == len(found)
    return [(member, file.read_bytes()) for member, file in found]


def refused(content: bytes, name: str, into: Path) -> str:
    with pytest.raises(UnreadableFile) as caught:
        unpacked(content, name, into)
    assert list(into.iterdir()) == [], "nothing is left"
    assert caught.value.where == "vendor/" + name
    return caught.value.what


def test_a_plain_file_is_returned_as_it_is(tmp_path: Path, into: Path):
    assert unpack(tmp_path / "whole", "books.json", into, "x") == [("books.json", tmp_path / "whole")]
    assert list(into.iterdir()) == []


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zst), (".GZ", gzip.compress)])
def test_a_compressed_file_loses_its_suffix(suffix: str, pack, into: Path):
    assert unpacked(pack(CONTENT), "a.b/tracks.csv" + suffix, into) == [("a.b/tracks.csv", CONTENT)]


def test_compressed_files_may_be_several_in_a_row(into: Path):
    assert unpacked(gzip.compress(b"a") + gzip.compress(b"b"), "x.gz", into) == [("x", b"ab")]


def test_a_later_frame_of_zst_counts_too(into: Path):
    assert unpacked(zst(b"a") + zst(b"b"), "x.zst", into) == [("x", b"ab")]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_holds_files_at_any_depth_and_some_compressed_themselves(method: int, into: Path):
    members = {"deep/er/é.json": b"[]", "t.csv.gz": gzip.compress(CONTENT), "t.csv.zst": zst(CONTENT), "empty.csv": b""}
    expected = [("deep/er/é.json", b"[]"), ("t.csv", CONTENT), ("t.csv", CONTENT), ("empty.csv", b"")]
    assert unpacked(zipped(members, method), "vendor.zip", into) == expected


def test_a_zip_may_use_the_separators_of_windows(into: Path):
    assert unpacked(zipped({"song_data\\A\\x.json": b"{}"}), "x.zip", into) == [("song_data/A/x.json", b"{}")]


@pytest.mark.parametrize(
    "name", ["./a.csv", ".//a.csv", "././a.csv", "d/../a.csv", ".\\a.csv", "d\\..\\a.csv", "a.csv"]
)
def test_a_path_that_stays_in_the_archive_is_read_however_it_is_written(name: str, into: Path):
    assert unpacked(zipped({"./": b"", name: b"1", "./d//b.csv": b"2"}), "x.zip", into) == [
        ("a.csv", b"1"),
        ("d/b.csv", b"2"),
    ]


def test_folders_and_hidden_files_are_passed_over(into: Path):
    hidden = ["d/", ".DS_Store", "__MACOSX/._a.csv", "d/.ipynb_checkpoints/a.csv", ".git/a.csv", "d/._a.csv"]
    assert unpacked(zipped({**dict.fromkeys(hidden, b""), "d/a.csv": b"1"}), "x.zip", into) == [("d/a.csv", b"1")]
    for file in into.iterdir():
        file.unlink()
    assert refused(zipped(dict.fromkeys(hidden, b"")), "x.zip", into) == "holds no files"


def test_an_empty_zip_is_refused(into: Path):
    assert refused(zipped({}), "x.zip", into) == "holds no files"


@pytest.mark.parametrize("content", [b"", b"PK", b"id,country\n" * 99])
def test_what_is_no_zip_is_refused(content: bytes, into: Path):
    assert refused(content, "x.zip", into).startswith("is not a whole zip archive")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_with_a_damaged_member_is_refused_whole(method: int, into: Path):
    whole = zipped({"good.csv": b"1", "bad.csv": bytes(range(256)) * 9}, method)
    at = whole.index(b"bad.csv") + 60
    damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
    assert refused(damaged, "x.zip", into).startswith("is damaged or cut off at bad.csv")


@pytest.mark.parametrize("pack", [gzip.compress, zst, lambda content: zipped({"a": content})])
def test_what_is_cut_off_anywhere_is_refused(pack, into: Path):
    packed = pack(CONTENT + bytes(range(256)))
    suffix = {b"\x1f": "gz", b"(": "zst", b"P": "zip"}[packed[:1]]
    for length in (1, 5, 20, len(packed) // 2, len(packed) - 5, len(packed) - 1):
        assert refused(packed[:length], "x." + suffix, into)


@pytest.mark.parametrize("suffix", ["gz", "zst"])
@pytest.mark.parametrize("content", [b"id,country\n" * 99, b"\x1f\x8b\x08 no", b"(\xb5/\xfd no, neither"])
def test_what_is_not_compressed_is_refused(content: bytes, suffix: str, into: Path):
    assert refused(content, "x." + suffix, into).startswith("is damaged or cut off at x." + suffix)


def test_a_damaged_gz_is_refused(into: Path):
    packed = gzip.compress(CONTENT)
    assert refused(packed[:-8] + b"\0\0\0\0" + packed[-4:], "x.gz", into).startswith("is damaged")


def test_a_damaged_zst_with_a_checksum_is_refused(into: Path):
    packed = subprocess.run([needs_program("zstd"), "--check"], input=CONTENT, capture_output=True, check=True).stdout
    assert unpacked(packed, "x.zst", into) == [("x", CONTENT)]
    for file in into.iterdir():
        file.unlink()
    assert refused(packed[:-1] + bytes([packed[-1] ^ 1]), "x.zst", into).startswith("is damaged")


def test_a_zip_with_a_password_is_refused(into: Path):
    whole = bytearray(zipped({"good.csv": b"1", "locked.csv": b"2"}))
    whole[whole.rindex(b"PK\1\2") + 8] |= 1
    assert refused(bytes(whole), "x.zip", into) == "is protected by a password"


@pytest.mark.parametrize(
    "name",
    [
        "../a.csv",
        "d/../../a.csv",
        "..",
        "/etc/passwd",
        "C:\\a.csv",
        "c:a.csv",
        "\\\\host\\a.csv",
        "\\a.csv",
        "d\\..\\..\\a.csv",
    ],
)
def test_a_path_outside_the_archive_is_refused(name: str, into: Path):
    what = refused(zipped({"good.csv": b"1", name: b"2"}), "x.zip", into)
    assert what == f"holds a path outside the archive, {name!r}"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_special_files_are_refused(kind: int, into: Path):
    member = zipfile.ZipInfo("a.csv")
    member.external_attr = (kind | 0o644) << 16
    assert refused(zipped({member: b"/etc/passwd"}), "x.zip", into) == "holds a link or another special file, 'a.csv'"


@pytest.mark.parametrize(
    "pack", [gzip.compress, zst, lambda c: zipped({"a": c}), lambda c: zipped({"a.gz": gzip.compress(c)})]
)
def test_a_bomb_is_refused_while_it_unpacks(pack, into: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "BOMB_BYTES", 5_000_000)
    packed = pack(bytes(20_000_000))
    suffix = {b"\x1f": "gz", b"(": "zst", b"P": "zip"}[packed[:1]]
    assert refused(packed, "x." + suffix, into) == "unpacks to over 100 times its size"
    monkeypatch.setattr(archives, "BOMB_BYTES", 50_000_000)
    assert len(unpacked(packed, "x." + suffix, into)) == 1


def test_many_small_members_make_a_bomb_too(into: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archives, "BOMB_BYTES", 5_000_000)
    packed = zipped({f"{n}.csv": bytes(1_000_000) for n in range(9)})
    assert refused(packed, "x.zip", into) == "unpacks to over 100 times its size"


def test_a_size_that_lies_is_not_believed(into: Path):
    whole = bytearray(zipped({"a.csv": CONTENT}))
    at = whole.rindex(b"PK\1\2") + 24
    whole[at : at + 4] = (5).to_bytes(4, "little")
    assert refused(bytes(whole), "x.zip", into).startswith("is damaged")


def test_a_full_disk_is_not_the_fault_of_the_archive(into: Path, monkeypatch: pytest.MonkeyPatch):
    def full(self, size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archives._Unpacking, "count", full)
    for content, name in ((gzip.compress(CONTENT), "x.gz"), (zipped({"a": CONTENT}), "x.zip")):
        with pytest.raises(OSError, match="No space left"):
            unpacked(content, name, into)
        assert list(into.iterdir()) == []


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["gz", "zst"]))
def test_what_was_packed_comes_out(tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str):
    into = tmp_path_factory.mktemp("packed") / "into"
    into.mkdir()
    packed = gzip.compress(content) if suffix == "gz" else zst(content)
    assert unpacked(packed, "x." + suffix, into) == [("x", content)]
    (next(into.iterdir())).unlink()
    assert unpacked(zipped({"d/x." + suffix: packed}), "x.zip", into) == [("d/x", content)]
