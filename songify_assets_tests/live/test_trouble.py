"""A disk or a clock that is not as it should be: no event is taken, the reason is told, no count is wrong, and it goes on."""

import os
import subprocess
import time
from pathlib import Path

from songify_assets_tests.live.served import Clocked, fresh


def logins(number: int, first: int = 0) -> list[dict[str, object]]:
    at = int(time.time() * 1000)
    return [
        {"user_id": f"{first + n:06}{os.urandom(6).hex()}", "timestamp": at, "country": "SE"} for n in range(number)
    ]


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
    with Clocked(tmp_path) as live:
        assert live.send("logins", logins(3))[0] == 200
        for is_anew in (False, True):
            live.clock.write_text("-2h")
            if is_anew:
                live.kill()
                live.start()
            status, told = live.send("logins", logins(3), Idempotency_Key="a")
            assert (status, "set back" in told["detail"]) == (503, True), told
            assert live.ask("GET", "/v1/health")[0] == 503
            assert live.total()["events"] == 3
        live.clock.write_text("+0h")
        live.until(lambda: live.ask("GET", "/v1/health")[0] == 200)
        assert live.send("logins", logins(3), Idempotency_Key="a")[1]["accepted"] == 3
        assert live.total()["events"] == 6


def test_hours_that_are_over_are_closed_and_those_long_over_go(tmp_path: Path):
    with Clocked(tmp_path) as live:
        drops, log = live.home.path / "live" / "drops", live.home.path / "live" / "log"
        batch = logins(3)
        assert live.send("logins", batch, Idempotency_Key="a")[0] == 200
        assert live.send("steps", [{**batch[0], "feature": "a", "step": "b", "duration_ms": 1}])[0] == 200
        [first] = log.glob("*.sqlite")
        live.clock.write_text("+1h")
        live.until(lambda: list(drops.glob("*/logins-*-1.parquet")))
        for is_anew in (False, True):
            if is_anew:
                live.kill()
                live.start()
            assert live.send("logins", batch, Idempotency_Key="a")[1]["duplicate"] is True
            assert live.send("logins", batch[:2], Idempotency_Key="a")[0] == 422
            assert live.total()["events"] == 3
        assert live.send("logins", batch, Idempotency_Key="b")[1]["duplicate"] is False
        assert [live.total()[name] for name in ("events", "users", "late")] == [6, 3, 3]
        live.clock.write_text("+23h")
        assert live.total()["events"] == 6
        live.clock.write_text("+25h")
        live.until(lambda: live.total()["events"] == 0)
        assert live.send("logins", batch, Idempotency_Key="a")[1]["duplicate"] is True
        live.clock.write_text("+27h")
        live.until(lambda: not first.exists())
        for _ in range(2):
            assert [live.total()[name] for name in ("events", "users", "late", "too_old")] == [0, 0, 0, 0]
            assert live.get("/v1/live/steps")["data"] == []
            assert [row["n"] for row in live.get("/v1/live/steps?scope=all")["data"]] == [1]
            live.kill()
            live.start()
        assert len(list(drops.glob("*/logins-*.parquet"))) == 2
