"""A temporary home of the product, real drops in it, and the real commands run on it."""

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from songify_assets_tests import warm
from songify_assets_tests.servers import needs_program
from songify_assets_tests.warm import Result

ROOT = Path(__file__).parents[1]
REAL_DATA = Path(os.environ.get("SONGIFY_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))
needs_real_data = pytest.mark.skipif(not REAL_DATA.exists(), reason=f"no real data at {REAL_DATA} (SONGIFY_REAL_DATA)")
REAL_FILES = {
    "viewing": [REAL_DATA / "viewing" / "internal" / name for name in ("users.csv", "movies.csv", "streams.csv")],
    "vendor": [REAL_DATA / "viewing" / "vendor" / name for name in ("authors.json", "books.json", "reviews.json")],
    "royalties": [REAL_DATA / "royalties" / name for name in ("plays.csv", "locations.csv", "tracks.csv")],
}


@dataclass
class Home:
    """A `SONGIFY_HOME`; `deliver` puts files where drops appear, each later than the one before."""

    path: Path
    env: dict[str, str] = field(default_factory=dict)
    clock: float = 1_650_000_000
    now: str | None = None  # what the clock shows when a command starts, in UTC; it goes on from there

    def deliver(self, source: str, day: str | None, name: str, content: str | bytes) -> Path:
        path = self.path / "drops" / source / (day or "") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.clock += 1
        os.utime(path, (self.clock, self.clock))
        return path

    def songify(self, *args: str, limit_bytes: int | None = None, **env: str) -> Result:
        """Runs the real command in a process of its own."""
        base = {"SONGIFY_HOME": str(self.path), "SONGIFY_SETTLE_SECONDS": "0"}
        environment = {**plain_environment(), **base, **self.env, **env}
        if self.now is None:
            result = warm.run(warm.songify, argv=args, env=environment, cwd=self.path, limit_bytes=limit_bytes)
        else:
            command = [*moved_clock(self.now), sys.executable, "-m", "songify_assets", *args]
            ran = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=900, check=False, cwd=self.path
            )
            result = Result(ran.returncode, ran.stdout, ran.stderr)
        assert "Traceback" not in result.text, result.text
        return result

    def load(self, *args: str, **env: str) -> dict[str, Any]:
        """`songify load --json`."""
        return dict(json.loads(self.songify("load", "--json", *args, **env).out))

    def open_to_all(self) -> list[Path]:
        """What the product wrote and others than its user and group may read, write or enter."""
        own = [path for path in self.path.rglob("*") if not {"drops", "dev.log"} & {*path.relative_to(self.path).parts}]
        return [path for path in own if not path.is_symlink() and path.exists() and path.stat().st_mode & 0o007]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the published warehouse."""
        with duckdb.connect(str(self.path / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def moved_clock(now: str | None) -> list[str]:
    """How a command is started whose time of day is another one; the test is skipped where that cannot be had."""
    if now is None:
        return []
    program, offset = needs_program("faketime"), f"{at(now) - time.time():+.0f}s"
    path = os.pathsep.join([str(ROOT / "songify_assets_tests" / "moved_clock"), str(ROOT)])
    # What files say of their time is true, and waiting takes as long as it takes. The last one switches off what mends waits of an
    # old glibc: with it a thread that waits for another one does not pause, and on one core keeps that one from going on.
    waits = ["FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_FORCE_MONOTONIC_FIX=0"]
    settings = ["NO_FAKE_STAT=1", *waits, f"PYTHONPATH={path}"]
    return ["env", *settings, program, "-m", "-f", offset]


def plain_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SONGIFY_", "DAGSTER_"))}
    return {**kept, "PYTHONPATH": str(ROOT)}


def new_home(path: Path) -> Home:
    """An empty home with a folder for drops."""
    (path / "drops").mkdir(parents=True)
    return Home(path)


def csv(header: str, *rows: str) -> str:
    return "\n".join([header, *rows]) + "\n"


def plays(*rows: str) -> str:
    return csv("location_id,track_id,played_ms", *rows)


def books(*names: str, pages: int = 100) -> str:
    return json.dumps([{"name": name, "pages": pages, "author": "Ann", "publisher": "Pan"} for name in names])


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def deliver_real(home: Home, day: str | None, sources: Sequence[str] = tuple(REAL_FILES)) -> None:
    for source in sources:
        for file in REAL_FILES[source]:
            home.deliver(source, day, file.name, file.read_bytes())


def at(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


def spoilt(parquet: bytes) -> bytes:
    """A Parquet file whose end is as it should be, and what is before it is not: only who reads it finds out."""
    footer = int.from_bytes(parquet[-8:-4], "little") + 8
    return parquet[:4] + bytes(len(parquet) - footer - 4) + parquet[-footer:]
