"""What readers are told."""

import http.client
import json
import time
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from songify_assets_tests.home import REAL_DATA, needs_real_data
from songify_assets_tests.live.served import Live, fresh

MINUTE_MS = 60_000


def login(at_ms: int, user: object = 1, country: str | None = "SE") -> dict[str, object]:
    return {"user_id": user, "timestamp": at_ms, "country": country}


def test_late_and_too_old_events_are_told_where_they_belong(live: Live):
    minute = int(time.time()) // 60 * MINUTE_MS
    late = [login(minute - 5 * MINUTE_MS, user) for user in range(3)]
    in_time = [login(minute - 1000, 7, "NO"), login(minute, 8, "NO")]
    too_old = [login(minute - 24 * 60 * MINUTE_MS - 5000, 9), login(minute - 30 * 60 * MINUTE_MS, 9, None)]
    assert live.send("logins", [*late, *in_time, *too_old])[1]["accepted"] == 7
    for _ in range(2):
        total = live.total()
        assert [total[name] for name in ("events", "users", "late", "too_old")] == [5, 5, 3, 2]
        only = live.get("/v1/live/logins/total?country=se")
        assert [only[name] for name in ("events", "users", "late", "too_old")] == [3, 3, 3, 1]
        rows = live.get("/v1/live/logins?grain=minute")["data"]
        assert [(row["events"], row["users"], row["late"]) for row in rows] == [(3, 3, 3), (1, 1, 0), (1, 1, 0)]
        assert [row["late"] for row in live.get("/v1/live/logins?grain=second&country=SE")["data"]] == [3]
        live.kill()
        live.start()
    text = live.ask("GET", "/metrics")[1].decode()
    assert 'songify_live_events_total{stream="logins"} 0' in text
    live.send("logins", [*late, *too_old, {}])
    live.total()
    text = live.ask("GET", "/metrics")[1].decode()
    for line in (
        'events_total{stream="logins"} 5',
        "late_total 3",
        "too_old_total 2",
        'refused_total{stream="logins"} 1',
    ):
        assert f"songify_live_{line}\n" in text


def test_what_is_late_is_a_setting(tmp_path):
    live = fresh(tmp_path)
    live.env["SONGIFY_LIVE_LATENESS_SECONDS"] = "600"
    live.start()
    live.send("logins", [login(int(time.time() * 1000) - age * MINUTE_MS) for age in (0, 5, 20)])
    assert live.total()["late"] == 1
    live.kill()


def test_since_is_included_and_until_is_not(live: Live):
    minute = int(time.time()) // 60 * MINUTE_MS - 10 * MINUTE_MS
    live.send("logins", [login(minute + n * MINUTE_MS, n) for n in range(4)])
    starts = [datetime.fromtimestamp(minute / 1000 + 60 * n, UTC).isoformat() for n in range(4)]
    for since, until in ((starts[1], starts[3]), (minute + MINUTE_MS, minute + 3 * MINUTE_MS)):
        told = live.get(f"/v1/live/logins?grain=minute&since={since}&until={until}".replace("+", "%2B"))
        assert [row["at"] for row in told["data"]] == [start.replace("+00:00", "Z") for start in starts[1:3]]
    assert len(live.get(f"/v1/live/logins?grain=minute&since={starts[2]}")["data"]) == 2  # a plus sent as it is


@pytest.mark.parametrize(
    "query",
    ["logins", "logins?grain=day", "logins?grain=hour&by=user", "logins?grain=hour&since=today", "logins/total?country=SWE",
     "logins/total?grain=hour", "steps?scope=day", "steps?country=SE", "logins?grain=hour&until=2026-11-29T10:00:00"],
)  # fmt: skip
def test_a_query_that_cannot_be_understood_is_400(live: Live, query: str):
    status, body, headers = live.ask("GET", f"/v1/live/{query}")
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert json.loads(body)["detail"]


def test_users_are_within_their_stated_error(live: Live):
    now, hour = int(time.time() * 1000), 60 * MINUTE_MS
    for n, country in enumerate(["SE", "NO"]):
        users = range(n * 30_000, 60_000 + n * 30_000)
        live.send("logins", [login(now - user % 20 * hour - 1000, user, country) for user in users])
    for _ in range(2):
        total = live.total()
        assert total["users_error"] <= 0.02
        assert abs(total["users"] - 90_000) <= 3 * total["users_error"] * 90_000
        of_one = live.get("/v1/live/logins/total?country=NO")
        assert abs(of_one["users"] - 60_000) <= 3 * of_one["users_error"] * 60_000
        for row in live.get("/v1/live/logins?grain=hour&by=country")["data"]:
            assert abs(row["users"] - row["events"]) <= 4 * row["users_error"] * row["events"]
        live.kill()
        live.start()


def test_quantiles_are_within_their_stated_error(live: Live):
    now, chance = int(time.time() * 1000), np.random.default_rng(1)
    numbers = chance.lognormal(8, 2, 120_000)
    for part in np.array_split(numbers, 30):
        ages = chance.integers(0, 23 * 60 * MINUTE_MS, len(part)).tolist()
        live.send("steps", [
            {"user_id": 1, "timestamp": now - age, "feature": "a", "step": "b", "duration_ms": number}
            for age, number in zip(ages, part.tolist(), strict=True)
        ])  # fmt: skip
    ordered = np.sort(numbers)
    for scope in ("window", "all"):
        [row] = live.get(f"/v1/live/steps?scope={scope}")["data"]
        assert row["n"] == len(numbers)
        assert abs(row["mean_ms"] / numbers.mean() - 1) < 1e-9
        assert abs(row["variance"] / numbers.var(ddof=1) - 1) < 1e-9
        assert 0 < row["rank_error"] <= 0.02
        for name, share in (("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99)):
            assert abs(np.searchsorted(ordered, row[name]) / len(numbers) - share) <= 1.5 * row["rank_error"]


def test_the_feed_tells_the_total_each_second(live: Live):
    live.send("logins", [login(int(time.time() * 1000))])
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=20)
    connection.request("GET", "/v1/live/feed")
    answer = connection.getresponse()
    assert answer.headers["content-type"].startswith("text/event-stream")
    told, at = [], []
    while len(told) < 3:
        line = answer.readline().decode().strip()
        if line.startswith("data: "):
            told.append(json.loads(line.removeprefix("data: ")))
            at.append(time.monotonic())
            live.send("logins", [login(int(time.time() * 1000))])
    assert [one["events"] for one in told] == [1, 2, 3]
    assert told[0].keys() == live.total().keys()
    assert all(0.5 < after - before < 3 for before, after in pairwise(at))
    assert live.end().status == 0  # a stream of news that is open does not hold it up
    connection.close()


def test_as_of_is_now(live: Live):
    as_of = datetime.fromisoformat(live.total()["as_of"])
    assert abs((datetime.now(UTC) - as_of).total_seconds()) < 1
    assert live.get("/v1/health") == {"status": "ok"}


@needs_real_data
def test_a_real_day_counts_by_quarter_hour_as_its_file_does(live: Live):
    times = json.loads((REAL_DATA / "live" / "logins.json").read_text("utf-8"))["login_time"]
    seconds = np.array([datetime.fromisoformat(f"{one}+00:00").timestamp() for one in times]).astype(np.int64)
    day = seconds[(seconds >= 86_400 * 40) & (seconds < 86_400 * 41)]
    # The same quarters of an hour, shifted so that the day has just ended.
    shifted = day - 86_400 * 41 + int(time.time()) // 900 * 900
    shifted = shifted[shifted > time.time() - 86_400 + 60]
    assert len(shifted) > 100
    for part in np.array_split(shifted, 7):
        live.send("logins", [login(int(one) * 1000, int(one)) for one in part])
    rows = live.get("/v1/live/logins?grain=minute")["data"]
    found: dict[int, int] = {}
    for row in rows:
        quarter = int(datetime.fromisoformat(row["at"]).timestamp()) // 900
        found[quarter] = found.get(quarter, 0) + row["events"]
    quarters, counts = np.unique(shifted // 900, return_counts=True)
    assert found == dict(zip(quarters.tolist(), counts.tolist(), strict=True))
