"""Streams of a Redis are read as HTTP is: once, in their order, told where they stand, and stopped by nothing."""

import gzip
import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from songify_assets_tests.live.redis_server import RedisServer
from songify_assets_tests.live.served import Clocked, Live, fresh

MANY = 300  # batches of 1,000, more than a small disk holds


@pytest.fixture
def small(small_disk: Path, redis: RedisServer) -> Iterator[Live]:
    """A `songify live` on a small disk, which reads the stream `l`."""
    served = fresh(small_disk)
    served.env["SONGIFY_LIVE_SOURCE"] = redis.url("logins=l")
    yield served.start()
    if served.started is not None:
        served.kill()


def login(user: object, age_s: float = 0, **more: Any) -> dict[str, Any]:
    return {"user_id": user, "timestamp": int((time.time() - age_s) * 1000), "country": "SE", **more}


def body(*records: dict[str, Any]) -> dict[str, Any]:
    return {"body": json.dumps(records)}


def source(live: Live, stream: str = "logins") -> dict[str, Any]:
    [told] = [one for one in live.get("/v1/health")["sources"] if one["stream"] == stream]
    return dict(told)


def is_through(live: Live, redis: RedisServer, key: str = "l", stream: str = "logins") -> bool:
    """Whether all that lies there is taken and acknowledged."""
    with redis.asked() as client:
        groups = client.xinfo_groups(key) if client.exists(key) else []
    is_done = groups and all(group["lag"] == 0 and group["pending"] == 0 for group in groups)
    return bool(is_done and source(live, stream)["is_read"])


def measures(live: Live) -> dict[str, float]:
    lines = live.ask("GET", "/metrics")[1].decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def quarantined(live: Live, stream: str = "logins") -> pl.DataFrame:
    files = (live.home.path / "live" / "drops").glob(f"*/{stream}-*.parquet")
    return pl.concat([pl.read_parquet(file) for file in files]).filter(pl.col("refused_reason").is_not_null())


def test_entries_are_batches_in_all_forms_of_http_or_records(followed: Live, redis: RedisServer, tmp_path: Path):
    lines = "\n".join(json.dumps(login(n)) for n in range(3)).encode()
    arrow = pl.DataFrame([login("a", 600), login("b")]).with_columns(pl.col("timestamp").cast(pl.Datetime("ms", "UTC")))
    arrow.write_ipc_stream(tmp_path / "arrow")
    redis.add("l", {"whatever": lines})
    redis.add("l", {"body": gzip.compress(lines), "content_encoding": "gzip"})
    kind = "application/vnd.apache.arrow.stream"
    redis.add("l", {"body": (tmp_path / "arrow").read_bytes(), "content_type": kind})
    redis.add("l", login("plain"))
    redis.add("l", {"user_id": "no country", "timestamp": "2020-01-01T00:00:00Z", "country": ""})
    redis.add("s", {**login("u"), "feature": "quiz", "step": "end", "duration_ms": "12.5"})
    followed.until(lambda: is_through(followed, redis) and is_through(followed, redis, "s", "steps"))
    assert [followed.total()[name] for name in ("events", "late", "too_old")] == [9, 1, 1]
    [row] = followed.get("/v1/live/steps")["data"]
    assert (row["feature"], row["step"], row["n"], row["mean_ms"]) == ("quiz", "end", 1, 12.5)
    followed.until(lambda: source(followed)["behind"] == 0)
    assert source(followed) == {
        "stream": "logins", "source": f"redis://127.0.0.1:{redis.port}/0, stream l",
        "is_read": True, "behind": 0, "trouble": None,
    }  # fmt: skip
    told = measures(followed)
    assert told['songify_live_source_up{stream="logins"}'] == 1
    assert told['songify_live_source_behind{stream="steps"}'] == 0
    assert told['songify_live_source_entries_total{stream="logins"}'] == 5
    assert told['songify_live_events_total{stream="logins"}'] == 10


def test_what_cannot_be_read_waits_in_the_quarantine_whole_and_stops_nothing(followed: Live, redis: RedisServer):
    odd = redis.add("l", {"body": "no json", "from": "somebody"})
    redis.add("l", {"body": b"\xff\xfe", "content_encoding": "zstd"})
    redis.add("l", {"body": "{}", "content_encoding": "brotli"})
    redis.add("l", {"body": b"x", "content_type": "application/vnd.apache.arrow.stream"})
    redis.add("l", {"what": "ever", "who": "nobody"})
    redis.add("l", {"user_id": b"\xff", "timestamp": 1})
    redis.add("l", {**login("u"), "timestamp": "yesterday"})
    redis.add("l", body(login("good"), {"user_id": "no time"}))
    followed.until(lambda: is_through(followed, redis))
    assert followed.total()["events"] == 1
    assert followed.home.songify("live", "close").status == 0
    refused = quarantined(followed).rows()
    reasons = [row[-2] for row in refused]
    assert len(reasons) == 8
    assert "none of its lines is JSON" in reasons[0]
    assert "the encoding 'brotli' is not known" in reasons[2]
    assert "it is no Arrow IPC stream" in reasons[3]
    assert reasons[4:6] == ["`user_id` is missing", "it is no text in UTF-8"]
    assert reasons[7] == "`timestamp` is missing"
    assert json.loads(refused[0][-1]) == {"entry": odd, "body": "no json", "from": "somebody"}
    assert json.loads(refused[1][-1])["body"] == {"base64": "//4="}
    assert json.loads(refused[7][-1]) == {"user_id": "no time"}


def test_the_place_is_kept_though_redis_forgets_it(followed: Live, redis: RedisServer):
    for number in range(1, 6):
        redis.add("l", body(login(number)), f"{number}-1")
    redis.add("l", login("plain"), "6-1")
    followed.until(lambda: is_through(followed, redis))
    followed.kill()
    with redis.asked() as client:
        client.xgroup_destroy("l", "songify")
    redis.add("l", body(login("new")), "7-1")
    followed.start()
    followed.until(lambda: is_through(followed, redis))
    assert followed.total()["events"] == 7
    with redis.asked() as client:  # as if it had been put back from a copy of before
        client.xgroup_setid("l", "songify", "2-1")
    followed.until(lambda: measures(followed)["songify_live_duplicates_total"] == 5)
    assert followed.total()["events"] == 7


def test_a_key_tells_what_is_known_where_the_place_is_lost(followed: Live, redis: RedisServer):
    redis.add("l", body(login(1), login(2)), "1-1")
    redis.add("s", {**body({**login(1), "feature": "a", "step": "b", "duration_ms": 1})}, "1-1")
    assert followed.send("logins", [login(3)], Idempotency_Key="1-1") == (
        200,
        {"accepted": 1, "refused": [], "duplicate": False},
    )
    followed.until(lambda: is_through(followed, redis) and is_through(followed, redis, "s", "steps"))
    followed.kill()
    for path in (followed.home.path / "live" / "log").glob("*.sqlite"):
        with sqlite3.connect(path) as db:
            assert db.execute("DELETE FROM positions").rowcount in (0, 2)
        db.close()
    with redis.asked() as client:
        client.xgroup_destroy("l", "songify")
    redis.add("l", body(login(4)), "2-1")
    followed.start()
    followed.until(lambda: is_through(followed, redis))
    assert followed.total()["events"] == 4
    assert [row["n"] for row in followed.get("/v1/live/steps?scope=all")["data"]] == [1]


def test_what_a_reader_that_is_gone_has_not_acknowledged_is_taken_over(followed: Live, redis: RedisServer):
    followed.until(lambda: source(followed)["is_read"])
    followed.kill()
    with redis.asked() as client:
        for number in range(3):
            client.xadd("l", body(login(number)), id=f"{number + 1}-1")
        assert client.xreadgroup("songify", "gone", {"l": ">"}, 2)
        assert client.xreadgroup("songify", "gone as well", {"l": ">"}, 1)
    followed.start()
    followed.until(lambda: "another one reads it (gone" in (source(followed)["trouble"] or ""))
    assert followed.total()["events"] == 0
    followed.until(lambda: is_through(followed, redis))
    assert followed.total()["events"] == 3


def test_an_entry_that_was_deleted_before_it_was_read_is_told(followed: Live, redis: RedisServer):
    followed.until(lambda: source(followed)["is_read"])
    with redis.asked() as client:
        [consumer] = client.xinfo_consumers("l", "songify")
    followed.kill()
    with redis.asked() as client:
        client.xadd("l", body(login(1)), id="1-1")
        client.xreadgroup("songify", consumer["name"], {"l": ">"})
        client.xdel("l", "1-1")
    redis.add("l", body(login(2)), "2-1")
    followed.start()
    followed.until(lambda: redis.pending("l") == 0 and followed.total()["events"] == 1)
    assert followed.home.songify("live", "close").status == 0
    [row] = quarantined(followed).rows()
    assert row[-2:] == ("it was deleted from the broker before it was read", '{"entry": "1-1"}')


def test_a_redis_that_is_away_stops_nothing_else_and_is_read_when_it_is_back(followed: Live, redis: RedisServer):
    followed.until(lambda: source(followed)["is_read"])
    redis.kill()
    followed.until(lambda: not source(followed)["is_read"])
    assert "cannot be read now" in source(followed)["trouble"]
    assert source(followed)["behind"] is None
    assert measures(followed)['songify_live_source_up{stream="logins"}'] == 0
    assert followed.send("logins", [login(1)])[0] == 200
    followed.kill()
    followed.start()  # and so does one that is away at the start
    assert followed.send("logins", [login(2)])[0] == 200
    followed.until(lambda: "cannot be read now" in followed.said)
    redis.start()
    redis.add("l", login(3))
    followed.until(lambda: followed.total()["events"] == 3)
    followed.until(lambda: "stream l: it is read" in followed.said)
    assert followed.end().status == 0


def test_a_stream_that_is_made_anew_or_is_none_is_told_and_read_when_it_is_right(followed: Live, redis: RedisServer):
    redis.add("l", body(login(1)), "5-1")
    followed.until(lambda: is_through(followed, redis))
    with redis.asked() as client:
        client.delete("l")
        client.set("s", "a text")
        client.xadd("l", body(login(2)), id="6-1")
    followed.until(lambda: followed.total()["events"] == 2)
    with redis.asked() as client:
        client.delete("l")
    followed.until(lambda: "it was made anew or put back" in followed.said)
    redis.add("l", body(login(2)), "6-1")
    redis.add("l", body(login(3)), "7-1")
    followed.until(lambda: followed.total()["events"] == 3)
    followed.kill()
    followed.start()
    followed.until(lambda: "WRONGTYPE" in (source(followed, "steps")["trouble"] or ""))
    with redis.asked() as client:
        client.delete("s")
    followed.until(lambda: source(followed, "steps")["is_read"])


def test_a_disk_that_is_full_stops_acknowledging_until_it_is_mended(small: Live, redis: RedisServer):
    for _ in range(MANY):
        redis.add("l", body(*(login(os.urandom(16).hex()) for _ in range(1000))))
    small.until(lambda: small.ask("GET", "/v1/health")[0] == 503)
    small.until(lambda: measures(small)['songify_live_source_up{stream="logins"}'] == 0)
    assert "full" in small.said
    assert 0 < small.total()["events"] < MANY * 1000
    assert redis.pending("l") > 0
    subprocess.run(["mount", "-o", "remount,size=200m", str(small.home.path.parent)], check=True)
    small.until(lambda: small.ask("GET", "/v1/health")[0] == 200)
    small.until(lambda: is_through(small, redis))
    assert small.total()["events"] == MANY * 1000
    small.kill()
    assert small.start().total()["events"] == MANY * 1000


def test_a_place_that_is_older_than_all_keys_is_still_known(tmp_path: Path, redis: RedisServer):
    clocked = Clocked(tmp_path)
    clocked.env["SONGIFY_LIVE_SOURCE"] = redis.url("logins=l")
    with clocked as live:
        for number in (1, 2, 3):
            redis.add("l", body(login(number)), f"{number}-1")
        live.until(lambda: is_through(live, redis))
        for hours in (27, 54):  # and once more, with nothing sent meanwhile
            forget_keys(live, hours)
        for is_anew in (False, True):
            if is_anew:
                live.kill()
                live.start()
                live.until(lambda: source(live)["is_read"])
            with redis.asked() as client:
                client.xgroup_setid("l", "songify", "0-0")
            live.until(lambda: measures(live)["songify_live_duplicates_total"] == 3)
        redis.add("l", body(login("new", -54 * 3600)), "4-1")
        live.until(lambda: live.total()["events"] == 1)
        assert live.total()["too_old"] == 0


def forget_keys(live: Clocked, hours: int) -> None:
    """Lets so many hours go by, until the log of what came before is gone."""
    log = live.home.path / "live" / "log"
    [first] = log.glob("*.sqlite")
    live.clock.write_text(f"+{hours}h")
    live.until(lambda: not first.exists() and list(log.glob("*.sqlite")))
