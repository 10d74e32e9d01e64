"""Landed bytes that are kept compressed are the bytes that came, or it is said that they are not."""

import hashlib
import os
import random
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from songify_assets.errors import DiskFull, HomeError
from songify_assets.foundation import disk
from songify_assets.foundation.landing import kept
from songify_assets.foundation.ledger import LandedFile
from songify_assets.foundation.ledger.manifests import bytes_of

CHANCE = random.Random(5)
IDS = [CHANCE.randbytes(16).hex() for _ in range(2000)]
CONTENTS = {
    "none": b"",
    "one": b"x",
    "text": b"id,licensor\na,A\n" * 9,
    "noise": CHANCE.randbytes(300_000),
    "ids": "".join(
        f"{CHANCE.choice(IDS)},{CHANCE.choice(IDS)},{CHANCE.randrange(10**5)}\n" for _ in range(60_000)
    ).encode(),
}


def landed(landing: Path, content: bytes) -> LandedFile:
    """A file that has landed."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = bytes_of(landing, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    day = date(2021, 12, 1)
    return LandedFile(
        "royalties", "plays", day, "plays", "royalties/plays.csv", sha256, len(content), datetime.now(UTC)
    )


def unpacked(landing: Path, file: LandedFile, into: Path) -> bytes:
    into.mkdir(exist_ok=True)
    return kept.plain_bytes(landing, file, into).read_bytes()


@pytest.mark.parametrize("name", CONTENTS)
def test_what_is_kept_compressed_is_read_as_it_came(tmp_path: Path, name: str):
    file = landed(tmp_path, CONTENTS[name])
    before, after = kept.compress(tmp_path, file.sha256)
    place = kept.place_of(tmp_path, file.sha256)
    assert (before, after) == (file.size, place.stat().st_size)
    assert place.suffix == ".zst"
    assert not kept.is_plain(tmp_path, file.sha256)
    assert kept.trouble(tmp_path, file) == ""
    kept.verify(tmp_path, file)
    assert unpacked(tmp_path, file, tmp_path / "into") == CONTENTS[name]
    assert not list((tmp_path / "incoming").iterdir())


def test_ids_that_come_back_far_apart_take_little(tmp_path: Path):
    file = landed(tmp_path, CONTENTS["ids"])
    before, after = kept.compress(tmp_path, file.sha256)
    assert after < before / 5


def test_other_programs_unpack_it(tmp_path: Path):
    file = landed(tmp_path, CONTENTS["text"])
    kept.compress(tmp_path, file.sha256)
    with pa.CompressedInputStream(pa.OSFile(str(kept.place_of(tmp_path, file.sha256))), "zstd") as plain:
        assert plain.read() == CONTENTS["text"]


@pytest.mark.parametrize("name", ["text", "ids"])
def test_one_that_was_cut_is_told_wherever_it_was_cut(tmp_path: Path, name: str):
    file = landed(tmp_path, CONTENTS[name])
    kept.compress(tmp_path, file.sha256)
    place = kept.place_of(tmp_path, file.sha256)
    whole = place.read_bytes()
    for length in {0, 1, 5, 9, 20, len(whole) // 2, len(whole) - 9, len(whole) - 8, len(whole) - 1}:
        place.write_bytes(whole[:length])
        assert kept.trouble(tmp_path, file) == "its landed bytes are cut", length
        with pytest.raises(HomeError, match="cut"):
            unpacked(tmp_path, file, tmp_path / "into")
    place.unlink()
    assert kept.trouble(tmp_path, file) == "its landed bytes are missing"


def test_one_that_is_damaged_inside_is_told_when_it_is_read(tmp_path: Path):
    file = landed(tmp_path, CONTENTS["ids"])
    kept.compress(tmp_path, file.sha256)
    place = kept.place_of(tmp_path, file.sha256)
    whole = bytearray(place.read_bytes())
    for at in (100, len(whole) // 2, len(whole) - 20):
        place.write_bytes(bytes([*whole[:at], whole[at] ^ 0xFF, *whole[at + 1 :]]))
        with pytest.raises(HomeError, match="damaged"):
            unpacked(tmp_path, file, tmp_path / "into")
        with pytest.raises(HomeError, match="damaged"):
            kept.verify(tmp_path, file)


def test_plain_bytes_that_are_not_those_that_came_are_not_compressed(tmp_path: Path):
    file = landed(tmp_path, CONTENTS["text"])
    plain = kept.place_of(tmp_path, file.sha256)
    plain.write_bytes(CONTENTS["text"].replace(b"A", b"B"))
    with pytest.raises(HomeError, match="not those that came"):
        kept.compress(tmp_path, file.sha256)
    assert kept.place_of(tmp_path, file.sha256) == plain
    assert not list(plain.parent.glob("*.zst"))


def test_bytes_that_land_again_count_beside_the_compressed_ones(tmp_path: Path):
    file = landed(tmp_path, CONTENTS["text"])
    kept.compress(tmp_path, file.sha256)
    kept.place_of(tmp_path, file.sha256).write_bytes(b"damaged")
    landed(tmp_path, CONTENTS["text"])
    assert unpacked(tmp_path, file, tmp_path / "into") == CONTENTS["text"]
    kept.compress(tmp_path, file.sha256)
    assert unpacked(tmp_path, file, tmp_path / "into") == CONTENTS["text"]


def test_without_room_it_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = landed(tmp_path, CONTENTS["noise"])
    with monkeypatch.context() as full:
        full.setattr(disk, "RESERVE_SHARE", 1.0)
        full.setattr(disk, "RESERVE_BYTES", 2**60)
        with pytest.raises(DiskFull):
            kept.compress(tmp_path, file.sha256)
    assert kept.is_plain(tmp_path, file.sha256)
    kept.compress(tmp_path, file.sha256)
    monkeypatch.setattr(disk, "RESERVE_SHARE", 1.0)
    monkeypatch.setattr(disk, "RESERVE_BYTES", 2**60)
    with pytest.raises(DiskFull):
        unpacked(tmp_path, file, tmp_path / "into")


def test_an_estimate_of_a_small_file_is_exact(tmp_path: Path):
    for content in CONTENTS.values():
        file = landed(tmp_path, content)
        estimate = kept.compressed_size(tmp_path, file.sha256, 2**24)
        assert kept.compress(tmp_path, file.sha256) == estimate
    assert os.listdir(tmp_path / "incoming") == []  # noqa: PTH208
