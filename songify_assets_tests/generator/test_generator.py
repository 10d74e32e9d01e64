"""The same arguments give the same drops, whatever their number, at any scale in the same memory."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from songify_assets.errors import SettingsError
from songify_assets.generator import DEFECTS, generate
from songify_assets.generator.chance import bits, present, version
from songify_assets_tests.generator.reading import contents, records


def test_same_arguments_give_the_same_bytes_and_times(tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"days": 2, "scale": 0.5, "defects": dict.fromkeys(DEFECTS, 0.05)}
    runs = [tmp_path / name for name in ("one", "two", "other")]
    one, two = (contents(generate(run, **arguments, seed=7), run) for run in runs[:2])
    other = contents(generate(runs[2], **arguments, seed=8), runs[2])
    assert one == two
    assert one.keys() == other.keys()
    assert all(one[name][0] != other[name][0] for name in one)


def test_a_day_does_not_depend_on_how_many_days_or_sources_are_asked_for(tmp_path: Path) -> None:
    long, short = tmp_path / "long", tmp_path / "short"
    all_files = contents(generate(long, days=3, scale=0.5), long)
    few_files = contents(generate(short, days=2, scale=0.5, sources=["vendor", "royalties"]), short)
    assert few_files.items() <= all_files.items()


def test_chance_is_splitmix64_of_a_hashed_key() -> None:
    def mixed(value: int) -> int:
        value ^= value >> 30
        value = value * 0xBF58476D1CE4E5B9 % 2**64
        value ^= value >> 27
        value = value * 0x94D049BB133111EB % 2**64
        return value ^ value >> 31

    key = int.from_bytes(hashlib.blake2b(b"5/test/9", digest_size=8).digest(), "little")
    expected = [mixed((n * 0x9E3779B97F4A7C15 + key) % 2**64) for n in range(1000)]
    assert bits(5, "test", np.arange(1000), 9).tolist() == expected


def test_sizes_at_scale_one(tmp_path: Path) -> None:
    files = generate(tmp_path, days=1, scale=1, defects={"late": 0})
    songs = [path for path in files if "song_data" in path.parts]
    assert len(songs) == 72
    assert {path.name: len(records(path)) for path in files if path not in songs} == {
        "users.csv": 800, "movies.csv": 90, "streams.csv": 300,
        "authors.json": 200, "books.json": 100, "reviews.json": 500,
        "plays.csv": 1000, "locations.csv": 50, "tracks.csv": 200,
        "2021-12-01-events.json": 250, "youtube_playlist.json": 200, "cm_track.csv": 300,
        "plans.csv": 40, "subscription_events.csv": 30, "invoices.csv": 40, "gateway_transactions.csv": 24, "gateway_payouts.csv": 4,
        "bank_lines.csv": 1, "google_ads.csv": 10, "facebook_ads.json": 10, "email_sends.csv": 10, "touchpoints.csv": 300,
        "conversions.csv": 25, "channels.csv": 5, "ad_accounts.csv": 6,
    }  # fmt: skip


def test_nothing_is_gone_or_changed_on_the_first_day() -> None:
    index = np.arange(1000)
    assert present(1, "thing", index, 0, 30).all()
    assert not version(1, "thing", index, 0, 30).any()
    assert np.mean(version(1, "thing", index, 3, 30)) == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"days": 0}, "--days"),
        ({"scale": 0}, "--scale"),
        ({"sources": ["radio"]}, "--source"),
        ({"defects": {"fire": 0.1}}, "--defect"),
        ({"defects": {"late": 1.1}}, "--defect"),
        ({"defects": {"missing_key": 0.6, "ragged": 0.6}}, "--defect"),
    ],
)
def test_wrong_arguments_are_named(tmp_path: Path, arguments: dict[str, Any], where: str) -> None:
    with pytest.raises(SettingsError) as error:
        generate(tmp_path, **({"days": 1, "scale": 1} | arguments))
    assert error.value.where == where
    assert not list(tmp_path.iterdir())


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    files = generate(tmp_path, days=1, scale=0.1, sources=["royalties"], progress=told.append)
    assert told == [path.relative_to(tmp_path).as_posix() for path in files]


def test_memory_does_not_grow_with_scale(tmp_path: Path) -> None:
    code = (
        "import sys, resource; from pathlib import Path; from songify_assets.generator import generate;"
        "generate(Path(sys.argv[1]), days=1, scale=float(sys.argv[2]), sources=['royalties']);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )

    def peak(scale: int) -> int:
        run = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / str(scale)), str(scale)],
            capture_output=True,
            check=True,
            text=True,
        )
        return int(run.stdout)

    small, large = peak(200), peak(1000)
    assert large < small * 1.5 + 50
