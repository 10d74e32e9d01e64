"""A `songify live` on an empty home, a Redis, and a small disk, which end with the test."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from songify_assets_tests.live.redis_server import RedisServer
from songify_assets_tests.live.served import Live, fresh


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    served = fresh(tmp_path).start()
    yield served
    if served.started is not None:
        served.kill()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder).start()
    yield server
    server.kill()


@pytest.fixture
def followed(tmp_path: Path, redis: RedisServer) -> Iterator[Live]:
    """A `songify live` that also reads streams `l` and `s` of the Redis."""
    served = fresh(tmp_path)
    served.env["SONGIFY_LIVE_SOURCE"] = redis.url("logins=l&steps=s")
    yield served.start()
    if served.started is not None:
        served.kill()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own needs the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
