"""Whatever is killed, each batch that was answered counts once, and everywhere alike."""

import random
import threading
import time
from typing import Any

from songify_assets_tests.live.served import Live, in_threads, repeat_until_taken
from songify_assets_tests.live.truth import drops_hold_all, holds_all, is_refused, logins, steps

SENDERS, KILLS = 4, 9


def test_nothing_is_lost_or_counts_twice_however_often_it_is_killed(live: Live):
    now_ms, sent, times = int(time.time() * 1000), list[dict[str, Any]](), list[dict[str, Any]]()
    refused, is_over = list[int](), threading.Event()

    def sender(number: int) -> None:
        chance, at = random.Random(number), 0
        while not is_over.is_set():
            at += 1
            stream = "steps" if at % 4 == 3 else "logins"
            records = steps(chance, now_ms) if stream == "steps" else logins(chance, now_ms)
            for _ in range(1 + (chance.random() < 0.2)):
                told = repeat_until_taken(live, stream, records, f"{number}-{at}")
                lines = [n for n, record in enumerate(records, 1) if is_refused(record, now_ms)]
                assert [one["record"] for one in told["refused"]] == lines
                assert told["accepted"] == len(records) - len(lines)
            refused.extend(lines)
            (times if stream == "steps" else sent).extend(r for r in records if not is_refused(r, now_ms))
            time.sleep(0.02)

    with in_threads(*(lambda number=number: sender(number) for number in range(SENDERS))):  # type: ignore[misc]
        try:
            for _ in range(KILLS):
                time.sleep(0.25)
                live.kill()
                live.start()
        finally:
            is_over.set()
    holds_all(live, sent, times, now_ms)
    live.kill()
    holds_all(live.start(), sent, times, now_ms)
    assert live.end().status == 0
    drops_hold_all(live, sent, times, len(refused))
    holds_all(live.start(), sent, times, now_ms)
