"""Several `songify live`, each with the users of its own: counts and users add up, and one load takes in the drops of all."""

import json
import shutil
import time
from pathlib import Path
from zlib import crc32

from songify_assets_tests.live.served import fresh


def test_shards_by_user_add_up_and_land_in_one_home(tmp_path: Path):
    logins = [
        {"user_id": f"u{n % 70}", "timestamp": int(time.time() * 1000) - n * 1000, "country": "SE"} for n in range(500)
    ]
    drops, totals = tmp_path / "drops", []
    for shard in range(2):
        live = fresh(tmp_path / str(shard)).start()
        own = [one for one in logins if crc32(str(one["user_id"]).encode()) % 2 == shard]
        assert live.send("logins", own)[0] == 200
        totals.append(live.total())
        assert live.end().status == 0
        for file in (live.home.path / "live" / "drops").glob("*/*.parquet"):
            there = drops / file.parent.name / f"{file.stem}.shard{shard}.parquet"
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, there)
    assert sum(total["events"] for total in totals) == 500
    assert all(total["events"] for total in totals)
    assert abs(sum(total["users"] for total in totals) - 70) <= 2
    home = live.home
    loaded = home.songify("load", "--json", "--source", "live", SONGIFY_DROPS_URL_LIVE=drops.as_uri())
    assert loaded.status == 0, loaded.err
    assert json.loads(loaded.out)
    assert home.rows("SELECT count(*), count(DISTINCT user_id) FROM live.logins") == [(500, 70)]
    assert home.rows("SELECT sum(live_events)::BIGINT, bool_and(is_equal) FROM live.parity") == [(500, True)]
