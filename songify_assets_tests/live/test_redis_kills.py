"""Whatever is killed, `songify live` or the Redis it reads, each batch counts and lands once, beside those of HTTP."""

import json
import random
import threading
import time
from collections import Counter
from typing import Any

import polars as pl

from songify_assets_tests.live.redis_server import RedisServer, add_until_there
from songify_assets_tests.live.served import Live, in_threads, repeat_until_taken
from songify_assets_tests.live.truth import HOUR_MS, drops_hold_all, holds_all, is_refused, logins, steps, upper

KILLS = 5  # of each


class Sent:
    """What was sent and heard of."""

    def __init__(self) -> None:
        self.now_ms = int(time.time() * 1000)
        self.logins, self.steps = list[dict[str, Any]](), list[dict[str, Any]]()
        self.refused, self.is_over = 0, threading.Event()

    def batch(self, chance: random.Random, is_step: bool) -> list[dict[str, Any]]:
        return steps(chance, self.now_ms) if is_step else logins(chance, self.now_ms)

    def heard(self, records: list[dict[str, Any]], is_step: bool) -> None:
        good = [one for one in records if not is_refused(one, self.now_ms)]
        (self.steps if is_step else self.logins).extend(good)
        self.refused += len(records) - len(good)


def by_http(live: Live, sent: Sent) -> None:
    chance, at = random.Random("http"), 0
    while not sent.is_over.is_set():
        at += 1
        records = sent.batch(chance, is_step=at % 4 == 3)
        for _ in range(1 + (chance.random() < 0.2)):  # the keys are those of the entries in Redis
            repeat_until_taken(live, "steps" if at % 4 == 3 else "logins", records, f"{at}-1")
        sent.heard(records, is_step=at % 4 == 3)
        time.sleep(0.02)


def by_redis(redis: RedisServer, sent: Sent, key: str) -> None:
    """Entries with batches and, in every third number, with records; some are put there again after all is well."""
    chance, at = random.Random(key), 0
    while not sent.is_over.is_set():
        at += 1
        records = sent.batch(chance, is_step=key == "s")
        if at % 3 == 0:
            records = records[:5]
            for number, one in enumerate(records):
                fields = {name: "" if value is None else value for name, value in one.items()}
                add_until_there(redis, key, fields, f"{at}-{number + 1}")
        else:
            for _ in range(1 + (chance.random() < 0.2)):
                add_until_there(redis, key, {"body": json.dumps(records)}, f"{at}-1")
        sent.heard(records, is_step=key == "s")
        time.sleep(0.02)


def test_nothing_is_lost_or_counts_twice_however_often_either_is_killed(followed: Live, redis: RedisServer):
    live, sent = followed, Sent()
    senders = [lambda: by_http(live, sent), lambda: by_redis(redis, sent, "l"), lambda: by_redis(redis, sent, "s")]
    with in_threads(*senders):
        try:
            for at in range(KILLS):
                time.sleep(0.3)
                live.kill()
                if at % 2:
                    redis.kill()
                    redis.start()
                live.start()
                taken = entries(redis)
                live.until(lambda taken=taken: entries(redis) > taken)  # it reads, so that the next kill interrupts it
                redis.kill()
                time.sleep(0.2)
                redis.start()
        finally:
            sent.is_over.set()
    is_through(live, redis)
    holds_all(live, sent.logins, sent.steps, sent.now_ms)
    handed_out_again(live, redis, "10-0")
    holds_all(live, sent.logins, sent.steps, sent.now_ms)
    late = live.total()["late"]
    assert live.home.songify("live", "close").status == 0
    drops_hold_all(live, sent.logins, sent.steps, sent.refused)
    assert late == late_ones(live)
    tables_hold_all(live, sent)
    assert live.end().status == 0


def entries(redis: RedisServer) -> int:
    """How many entries were handed out so far."""
    with redis.asked() as client:
        return sum(group["entries-read"] or 0 for key in ("l", "s") for group in client.xinfo_groups(key))


def is_through(live: Live, redis: RedisServer) -> None:
    def is_so() -> bool:
        with redis.asked() as client:
            groups = [group for key in ("l", "s") for group in client.xinfo_groups(key)]
        return all(group["lag"] == 0 and group["pending"] == 0 for group in groups)

    live.until(is_so)


def handed_out_again(live: Live, redis: RedisServer, number: str) -> None:
    """As if Redis had forgotten what it had handed out and what was acknowledged."""
    with redis.asked() as client:
        for key in ("l", "s"):
            client.xgroup_setid(key, "songify", number)
    live.until(lambda: "duplicates_total 0" not in live.ask("GET", "/metrics")[1].decode())
    is_through(live, redis)


def late_ones(live: Live) -> int:
    """By what has landed: over a minute after the end of theirs, and not too old."""
    frames = [pl.read_parquet(file) for file in (live.home.path / "live" / "drops").glob("*/logins-*.parquet")]
    at, arrived = pl.col("timestamp").dt.epoch("us"), pl.col("arrived_at").dt.epoch("us")
    is_late = arrived > (at // 60_000_000 + 2) * 60_000_000
    good = pl.concat(frames).filter(pl.col("refused_reason").is_null())
    return len(good.filter(is_late, at >= arrived - 24 * HOUR_MS * 1000))


def tables_hold_all(live: Live, sent: Sent) -> None:
    home = live.home
    loaded = home.songify("load", "--json", "--source", "live")
    assert loaded.status == 0, loaded.err
    rows = home.rows("SELECT user_id, epoch_ms(occurred_at), country FROM live.logins")
    assert Counter(rows) == Counter(
        (str(one["user_id"]), one["timestamp"], upper(one["country"])) for one in sent.logins
    )
    by_minute = home.rows("SELECT epoch_ms(minute), country, events FROM live.logins_by_minute")
    minutes = Counter((one["timestamp"] // 60_000 * 60_000, upper(one["country"])) for one in sent.logins)
    assert {(minute, country): events for minute, country, events in by_minute} == minutes
    daily = home.rows("SELECT country, sum(events)::BIGINT FROM live.logins_daily GROUP BY ALL")
    assert dict(daily) == Counter(upper(one["country"]) for one in sent.logins)
    times = home.rows("SELECT feature, epoch_ms(occurred_at), duration_ms FROM live.steps")
    assert Counter(times) == Counter((one["feature"], one["timestamp"], one["duration_ms"]) for one in sent.steps)
    [(refused,)] = home.rows("SELECT count(*) FROM quarantine.rows WHERE feed = 'logins'")
    assert refused == sent.refused
    parity = home.rows("SELECT live_events, batch_events, is_equal FROM live.parity")
    assert all(is_equal for *_, is_equal in parity), parity
    assert sum(events for events, *_ in parity) == len(sent.logins) + len(sent.steps)
