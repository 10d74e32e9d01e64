"""A disk or a clock that is not as it should be: no event is taken, the reason is told, no count is wrong, and it goes on."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from songify_assets_tests.home import ROOT, plain_environment
from songify_assets_tests.live.served import Live, fresh
from songify_assets_tests.servers import needs_program


def logins(number: int, first: int = 0) -> list[dict[str, object]]:
    at = int(time.time() * 1000)
    return [
        {"user_id": f"{first + n:06}{os.urandom(6).hex()}", "timestamp": at, "country": "SE"} for n in range(number)
    ]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own needs the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_nothing_is_lost_or_counts_twice(small_disk: Path):
    live, taken = fresh(small_disk).start(), 0
    for at in range(1000):
        batch = logins(1000)
        status, told = live.send("logins", batch, Idempotency_Key=f"{at}")
        if status != 200:
            break
        taken += 1000
    assert status == 503
    assert "full" in told["detail"]
    assert live.total()["events"] == taken
    assert live.ask("GET", "/v1/health")[0] == 503
    subprocess.run(["mount", "-o", "remount,size=40m", str(small_disk)], check=True)
    live.until(lambda: live.ask("GET", "/v1/health")[0] == 200)
    assert live.send("logins", batch, Idempotency_Key=f"{at}") == (
        200,
        {"accepted": 1000, "refused": [], "duplicate": False},
    )
    assert live.total()["events"] == taken + 1000
    live.kill()
    assert live.start().total()["events"] == taken + 1000
    assert live.end().status == 0


def test_a_limit_on_files_is_a_full_disk(tmp_path: Path):
    live, taken = fresh(tmp_path).start(limit_bytes=2 << 20), 0
    for at in range(1000):
        status, told = live.send("logins", logins(1000), Idempotency_Key=f"{at}")
        if status != 200:
            break
        taken += 1000
    assert (status, bool(told["detail"])) == (503, True)
    assert live.total()["events"] == taken
    live.kill()
    live.start()
    assert live.total()["events"] == taken
    assert live.send("logins", logins(5))[0] == 200
    assert live.total()["events"] == taken + 5
    live.kill()


def test_a_disk_that_becomes_read_only_is_told_until_it_is_mended(small_disk: Path):
    live = fresh(small_disk).start()
    assert live.send("logins", logins(5), Idempotency_Key="a")[0] == 200
    batch = logins(3)

    def is_read_only() -> bool:  # once no file is open for writing, which is so in a quiet time
        command = ["mount", "-o", "remount,ro", str(small_disk)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    live.until(is_read_only)
    for _ in range(2):
        status, told = live.send("logins", batch, Idempotency_Key="b")
        assert (status, "cannot be written" in told["detail"]) == (503, True), told
    assert live.ask("GET", "/v1/health")[0] == 503
    assert live.total()["events"] == 5
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    live.until(lambda: live.ask("GET", "/v1/health")[0] == 200)
    assert live.send("logins", batch, Idempotency_Key="b")[1]["duplicate"] is False
    assert live.total()["events"] == 8
    live.kill()
    assert live.start().total()["events"] == 8
    live.kill()


def test_a_clock_that_is_set_back_is_told_until_it_is_right_again(tmp_path: Path):
    needs_program("faketime")
    [library] = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    live, clock, said = fresh(tmp_path), tmp_path / "clock", tmp_path / "said"
    path = os.pathsep.join([str(ROOT / "songify_assets_tests" / "moved_clock"), str(ROOT)])
    environment = {
        **plain_environment(), "SONGIFY_HOME": str(live.home.path), "PYTHONPATH": path, "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }  # fmt: skip

    def start(offset: str) -> "subprocess.Popen[bytes]":
        clock.write_text(offset)
        with said.open("w") as err:
            command = [sys.executable, "-m", "songify_assets", "live", "--port", "0"]
            process = subprocess.Popen(command, env=environment, stderr=err)
        live.until(lambda: "songify live: http" in said.read_text())
        live.port = int(said.read_text().split("127.0.0.1:")[1].split()[0])
        return process

    process = start("+0s")
    try:
        assert live.send("logins", logins(3))[0] == 200
        for again in (False, True):
            if again:
                process.kill()
                process.wait()
                process = start("-2h")
            clock.write_text("-2h")
            status, told = live.send("logins", logins(3), Idempotency_Key="a")
            assert (status, "set back" in told["detail"]) == (503, True), told
            assert live.ask("GET", "/v1/health")[0] == 503
            assert live.total()["events"] == 3
        clock.write_text("+0s")
        live.until(lambda: live.ask("GET", "/v1/health")[0] == 200)
        assert live.send("logins", logins(3), Idempotency_Key="a")[1]["accepted"] == 3
        assert live.total()["events"] == 6
    finally:
        process.kill()
        process.wait()
