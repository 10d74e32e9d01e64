"""What was counted live is what is loaded, after kills and with what came late or was refused."""

import json
import random
import time

from songify_assets_tests.live.served import Live, repeat_until_taken

HOUR_MS = 3_600_000


def test_the_tables_of_a_load_equal_what_was_counted(live: Live):
    chance, now_ms = random.Random(1), int(time.time() * 1000)
    sent, refused = 0, 0
    for at in range(12):
        logins = [
            {"user_id": chance.randrange(400), "timestamp": now_ms - chance.randrange(40 * HOUR_MS), "country": country}
            for country in chance.choices(["se", "NO", None], k=200)
        ]
        steps = [
            {**one, "feature": "quiz", "step": "end", "duration_ms": chance.random() * 9000} for one in logins[:50]
        ]
        for stream, records in (("logins", [*logins, {"user_id": 1}]), ("steps", steps)):
            repeat_until_taken(live, stream, records, f"{stream}-{at}")
            repeat_until_taken(live, stream, records, f"{stream}-{at}")
        sent, refused = sent + len(logins), refused + 1
        if at % 4 == 1:
            live.kill()
            live.start()
        if at == 6:
            assert live.home.songify("live", "close").status == 0
    counted = live.total()
    assert counted["events"] + counted["too_old"] == sent
    all_steps = live.get("/v1/live/steps?scope=all")["data"]
    assert live.end().status == 0
    loaded = live.home.songify("load", "--json", "--source", "live")
    assert loaded.status == 0, loaded.err
    home = live.home
    assert home.rows("SELECT count(*) FROM live.logins") == [(sent,)]
    assert home.rows("SELECT sum(events) FROM live.logins_daily") == [(sent,)]
    assert home.rows("SELECT count(*) FROM quarantine.rows WHERE feed = 'logins'") == [(refused,)]
    [(n, mean)] = home.rows("SELECT sum(n), sum(n * mean_ms) / sum(n) FROM live.step_times")
    assert (n, abs(mean / all_steps[0]["mean_ms"] - 1) < 1e-9) == (all_steps[0]["n"], True)
    parity = home.rows("SELECT live_events, batch_events, is_equal FROM live.parity")
    assert all(is_equal for *_, is_equal in parity), parity
    assert sum(events for events, *_ in parity) >= sent
    assert json.loads(home.songify("load", "--json", "--source", "live").out)
