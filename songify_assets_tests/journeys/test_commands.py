"""The other commands as a user types them."""

import json
import os
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from songify_assets_tests.home import new_home, plays


def test_the_demo_loads_by_ftp_prints_the_answers_and_says_what_to_type_next(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    result = home.songify("demo", SONGIFY_DROPS_URL_VENDOR="ftp://127.0.0.1:1/not-to-be-touched")
    assert result.status == 0, result.text
    for text in (
        "The six answers of 2021-12",
        "outage_users",
        "Whom the shops pay",
        "What to type next",
        "answers --sql",
    ):
        assert text in result.out

    demo, today = {"SONGIFY_HOME": str(home.path / "demo")}, datetime.now(ZoneInfo("Europe/Stockholm")).date()
    found = json.loads(home.songify("answers", "--json", **demo).out)
    assert (found["month"], len(found["answers"])) == (f"{today:%Y-%m}", 6)
    assert "FROM viewing.streams" in home.songify("answers", "--sql", **demo).out
    assets = {one["asset"]: one for one in json.loads(home.songify("status", "--json", **demo).out)["assets"]}
    assert assets["raw/streams"]["newest_partition"] == str(today)
    assert assets["raw/streams"]["quarantined_rows"] > 0
    assert "streams@" in home.songify("quarantine", "list", **demo).out
    assert home.open_to_all() == [], "mail addresses are for the user and the group only"


def test_generate_writes_drops_that_doctor_finds(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    made = home.songify("generate", str(home.path / "drops"), "--days", "1", "--scale", "0.1", "--defect", "ragged=0.1")
    assert made.status == 0, made.text
    healthy = home.songify("doctor")
    assert (healthy.status, "viewing: 3 files" in healthy.out, "All is well." in healthy.out) == (0, True, True), (
        healthy.text
    )
    ill = home.songify("doctor", SONGIFY_TIMEZON="x")
    assert (ill.status, "SONGIFY_TIMEZON is no setting of ours" in ill.out) == (2, True)
    wrong = home.songify("generate", str(home.path), "--days", "1", "--scale", "1", "--defect", "rugged=0.1")
    assert (wrong.status, "--defect" in wrong.text) == (2, True)


def test_a_load_until_a_day_before_its_first_is_wrong_usage(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    wrong = home.songify("load", "--since", "2021-12-02", "--until", "2021-12-01")
    assert (wrong.status, wrong.out) == (2, ""), wrong.text
    assert "--until: 2021-12-01 is before --since 2021-12-02. Give a day" in wrong.err
    assert home.songify("load", "--since", "2021-12-01", "--until", "2021-12-01").status == 0


def test_a_file_that_is_too_young_is_waited_for_once(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    young = home.deliver("royalties", "2021-12-01", "plays.csv", plays("a,b,60000"))
    os.utime(young, (time.time() + 3600,) * 2)  # so it is young at the first look, however late that is
    result = home.songify("load", SONGIFY_SETTLE_SECONDS="3")
    assert result.status == 0, result.text
    assert "files younger than SONGIFY_SETTLE_SECONDS: 1; looking again in" in result.err
    assert home.rows("SELECT count(*) FROM royalties.plays") == [(1,)]


def test_what_waits_for_a_day_to_come_is_not_out_of_date(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    report = (
        "Day,Customer ID,Campaign ID,Campaign,Currency code,Impressions,Clicks,Cost (micros),Conversions,Conv. value\n"
    )
    rows = [f"{day},1,4,x,SEK,10,1,1000000,1,2\n" for day in ("2021-12-01", "2999-12-31")]
    home.deliver("marketing", "2021-12-01", "google_ads.csv", report + "".join(rows))
    assert home.load()["errors"] == []
    status = json.loads(home.songify("status", "--json").out)
    assert {one["asset"]: one["out_of_date"] for one in status["assets"] if one["out_of_date"]} == {}
