"""What senders may send, and what they hear."""

import gzip
import http.client
import io
import json
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
import zstandard

from songify_assets_tests.live.served import Live

ARROW = "application/vnd.apache.arrow.stream"


def now_ms() -> int:
    return int(time.time() * 1000)


def login(user: object = 1, country: object = "SE", **other: object) -> dict[str, object]:
    return {"user_id": user, "timestamp": now_ms(), "country": country, **other}


def step(**other: object) -> dict[str, object]:
    return {"user_id": "u", "timestamp": now_ms(), "feature": "quiz", "step": "end", "duration_ms": 3, **other}


def lines(*records: object) -> bytes:
    return "\n".join(map(json.dumps, records)).encode()


def arrow(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def test_each_form_and_packing_is_read_alike(live: Live):
    records = [login("a"), login(7, "no"), login("c", None)]
    table = pa.table({
        "country": pa.array(["SE", "no", None]).dictionary_encode(), "user_id": ["a", "7", "c"],
        "timestamp": pa.array([datetime.now(UTC)] * 3, pa.timestamp("ns", tz="Europe/Stockholm")),
    })  # fmt: skip
    whole = arrow(table)
    in_two = arrow(pa.concat_tables([table.slice(0, 1), table.slice(1)]))
    for body, headers in (
        (lines(*records), {"Content_Type": "application/x-ndjson"}),
        (lines(*records) + b"\r\n\n", {}),
        (json.dumps(records, indent=1).encode(), {"Content_Type": "application/json"}),
        (gzip.compress(lines(*records[:1])) + gzip.compress(b"\n" + lines(*records[1:])), {"Content_Encoding": "gzip"}),
        (zstandard.compress(json.dumps(records).encode()), {"Content_Encoding": "zstd"}),
        (whole, {"Content_Type": ARROW}),
        (in_two, {"Content_Type": ARROW}),
    ):
        assert live.send("logins", body, **headers) == (200, {"accepted": 3, "refused": [], "duplicate": False})
    rows = live.get("/v1/live/logins?grain=hour&by=country")["data"]
    by_country = {
        country: sum(row["events"] for row in rows if row["country"] == country) for country in ("SE", "NO", None)
    }
    assert by_country == {"SE": 7, "NO": 7, None: 7}
    assert live.total()["users"] == 3


def test_times_may_be_written_as_rfc_3339_has_them(live: Live):
    at = datetime.now(UTC).replace(microsecond=250_000) - timedelta(minutes=10)
    elsewhere = at.astimezone(datetime.strptime("+0530", "%z").tzinfo)
    texts = [at.isoformat(), at.isoformat().replace("+00:00", "Z"), elsewhere.isoformat(), at.isoformat().lower()]
    texts += [at.isoformat().replace("T", " "), at.isoformat().replace("+00:00", "-00:00")]
    status, told = live.send("logins", [login(timestamp=text) for text in texts])
    assert (status, told["accepted"]) == (200, 6), told
    rows = live.get("/v1/live/logins?grain=second")["data"]
    assert [(row["at"], row["events"]) for row in rows] == [(at.strftime("%Y-%m-%dT%H:%M:%SZ"), 6)]


def test_what_cannot_be_read_is_refused_with_its_reason_and_the_rest_counts(live: Live):
    bad = [
        {"timestamp": now_ms()}, login(None), login(True), login(1.5), login(" "), login("a\x00b"), login("\ud800"),
        login(timestamp=None), login(timestamp="2026-11-29T10:00:00"), login(timestamp="today"), login(timestamp=1.5e12),
        login(timestamp=10**30), login(timestamp=-(10**30)), login(timestamp=now_ms() + 301_000), login(timestamp=True),
        login(timestamp=0), login(country="SWE"), login(country=5), login(country=""), [1], "x", None,
    ]  # fmt: skip
    status, told = live.send("logins", json.dumps([login(), *bad, login(10**15)]).encode())
    assert (status, told["accepted"]) == (200, 2)
    assert [one["record"] for one in told["refused"]] == [*range(2, len(bad) + 2)]
    reasons = {one["record"]: one["reason"] for one in told["refused"]}
    assert reasons[2] == "`user_id` is missing"
    assert reasons[15] == "in_the_future"
    assert all(reasons.values())
    bad_steps = [step(duration_ms=value) for value in (-1, None, "3", True, float("nan"), float("inf"))]
    bad_steps += [step(feature=None), step(step=""), step(feature=3)]
    status, told = live.send("steps", lines(step(), *bad_steps, step(duration_ms=0)) + b'\n{"user_id": 1, \n')
    assert (status, told["accepted"], len(told["refused"])) == (200, 2, len(bad_steps) + 1)
    assert live.total()["events"] == 2
    assert live.end().status == 0
    [file] = live.home.path.glob("live/drops/*/logins-*.parquet")
    landed = pl.read_parquet(file).filter(pl.col("refused_reason").is_not_null())
    assert landed["refused_reason"].to_list() == [*reasons.values()]
    assert landed["user_id"].null_count() == len(bad)
    assert json.loads(landed["refused_raw"][14])["country"] == "SE"


def test_an_arrow_stream_of_other_types_is_read_or_refused_by_record(live: Live):
    table = pa.table({
        "user_id": pa.array([1, 2, None], pa.uint64()), "timestamp": pa.array([now_ms()] * 3, pa.int64()),
        "duration_ms": pa.array([1, 2, 3], pa.int32()), "feature": ["a"] * 3, "step": ["b", None, "b"],
    })  # fmt: skip
    status, told = live.send("steps", arrow(table), Content_Type=ARROW)
    assert (status, told["accepted"], [one["record"] for one in told["refused"]]) == (200, 1, [2, 3])
    naive = pa.table({"user_id": ["a"], "timestamp": pa.array([datetime(2026, 1, 1)], pa.timestamp("us"))})  # noqa: DTZ001
    assert live.send("logins", arrow(naive), Content_Type=ARROW)[1]["accepted"] == 0


def test_bodies_that_cannot_be_read_at_all(live: Live):
    for body, headers in (
        (b"no json", {}),
        (b"[{}", {}),
        (b"\xff\xfe", {}),
        (b"[" * 100_000, {}),
        (b"ARROW1", {"Content_Type": ARROW}),
        (arrow(pa.table({"user_id": ["a"]}))[:-30], {"Content_Type": ARROW}),
        (b"no gzip", {"Content_Encoding": "gzip"}),
        (gzip.compress(lines(login()))[:-12], {"Content_Encoding": "gzip"}),
        (b"no zstd", {"Content_Encoding": "zstd"}),
    ):
        status, told = live.send("logins", body, **headers)
        assert status == 400, (body[:40], told)
        assert told["detail"]
    for key in ("", "a" * 129, "a b", "ä"):
        assert live.send("logins", [login()], Idempotency_Key=key)[0] == 400
    assert live.send("logins", [], Content_Encoding="br")[0] == 415
    assert live.send("visits", [login()])[0] == 404
    assert live.ask("GET", "/v1/nothing")[0] == 404
    assert live.ask("GET", "/v1/events/logins")[0] == 405
    assert live.total()["events"] == 0
    assert live.send("logins", []) == (200, {"accepted": 0, "refused": [], "duplicate": False})


def test_a_batch_may_have_32_mib_unpacked(live: Live):
    body = lines(login())
    room = (32 << 20) - len(body)
    assert live.send("logins", body + b"\n" * room)[0] == 200
    assert live.send("logins", body + b"\n" * (room + 1))[0] == 413
    bomb = zstandard.compress(body + b"\n" * (40 << 20))
    assert live.send("logins", bomb, Content_Encoding="zstd")[0] == 413
    assert live.send("logins", gzip.compress(body + b"\n" * (40 << 20)), Content_Encoding="gzip")[0] == 413
    connection = http.client.HTTPConnection("127.0.0.1", live.port)
    connection.putrequest("POST", "/v1/events/logins")
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert live.total()["events"] == 1


def test_a_key_names_a_batch_also_after_a_kill(live: Live):
    first = lines(login(), {"user_id": 1}, login(2))
    assert live.send("logins", first, Idempotency_Key="k")[1]["duplicate"] is False
    again = {"accepted": 2, "refused": [{"record": 2, "reason": "`timestamp` is missing"}], "duplicate": True}
    for _ in range(2):
        assert live.send("logins", first, Idempotency_Key="k") == (200, again)
        assert live.send("logins", gzip.compress(first), Idempotency_Key="k", Content_Encoding="gzip") == (200, again)
        assert live.send("logins", lines(login()), Idempotency_Key="k")[0] == 422
        assert live.send("steps", first, Idempotency_Key="k")[0] == 422
        live.kill()
        live.start()
    assert live.send("logins", first)[1] == {**again, "duplicate": False}
    assert live.send("logins", first)[1] == {**again, "duplicate": False}
    assert live.total()["events"] == 6


def test_a_sender_that_goes_away_is_no_trouble(live: Live):
    with socket.create_connection(("127.0.0.1", live.port)) as half:
        half.sendall(b"POST /v1/events/logins HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n[")
    assert live.send("logins", [login()])[0] == 200
    result = live.end()
    assert (result.status, "rror" in result.err) == (0, False), result.err


def test_more_than_can_wait_is_told_to_come_later(live: Live):
    held = []
    try:
        for _ in range(8):
            sender = socket.create_connection(("127.0.0.1", live.port))
            held.append(sender)
            sender.sendall(b"POST /v1/events/logins HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (30 << 20))
        status, _, headers = live.ask("POST", "/v1/events/logins", b" " * (30 << 20))
        assert (status, headers["Retry-After"]) == (429, "1")
    finally:
        for sender in held:
            sender.close()
    live.until(lambda: live.send("logins", [login()])[0] == 200)
    assert live.total()["events"] == 1


def test_keys_are_asked_for_once_there_are_any(live: Live):
    def add(name: str, *options: str) -> str:
        return f"Bearer {live.home.songify('keys', 'add', name, *options).out.strip()}"

    app, slow = add("app", "--scope", "events"), add("slow", "--scope", "events", "--rate", "1")
    board = add("board", "--scope", "read")
    live.until(lambda: live.send("logins", [login()])[0] == 401)
    assert live.send("logins", [login()], Authorization="Bearer nobody")[0] == 401
    assert live.send("logins", [login()], Authorization=board)[0] == 403
    assert live.send("logins", [login()], Authorization=app)[0] == 200
    assert [live.send("logins", [login()], Authorization=slow)[0] for _ in range(2)] == [200, 429]
    assert live.ask("GET", "/v1/live/logins/total", Authorization=app)[0] == 403
    assert live.ask("GET", "/v1/live/logins/total", Authorization=board)[0] == 200
    assert live.ask("GET", "/v1/live/logins/total")[0] == 401


def test_a_second_one_on_the_same_home_ends_with_2(live: Live):
    second = live.home.songify("live", "--port", "0")
    assert second.status == 2
    assert "runs already" in second.err
    other = live.home.songify("live", "--port", str(live.port), SONGIFY_HOME=str(live.home.path / "other"))
    assert (other.status, "cannot listen" in other.err) == (2, True)


@pytest.mark.parametrize("is_running", [True, False])
def test_live_close_closes_what_is_open_whether_it_runs_or_not(live: Live, is_running: bool):
    live.send("logins", [login()])
    live.send("steps", [step()])
    if not is_running:
        live.kill()
    closed = live.home.songify("live", "close")
    assert closed.status == 0
    files = [Path(line) for line in closed.out.splitlines()]
    assert sorted(file.name[:6] for file in files) == ["logins", "steps-"]
    before = [file.read_bytes() for file in files]
    assert "Nothing" in live.home.songify("live", "close").out
    if is_running:
        live.send("logins", [login(2)])
        [second] = live.home.songify("live", "close").out.splitlines()
        assert second.endswith("Z-2.parquet") or Path(second).name[7:20] != files[0].name[7:20]
        assert live.total()["events"] == 2
    assert [file.read_bytes() for file in files] == before
    assert pl.read_parquet(io.BytesIO(before[0])).height == 1
