"""`songify answers --topic`, as a user types it."""

import json
from pathlib import Path

from songify_assets_tests.home import new_home

EVENT = {
    "userId": "7",
    "sessionId": 1,
    "itemInSession": 0,
    "ts": 1638392340796,
    "page": "NextSong",
    "song": "Uno",
    "artist": "[Dos]",
}


def test_the_questions_about_listening_are_answered_with_sql_that_runs(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    none_yet = home.songify("answers", "--topic", "listening")
    assert (none_yet.status, "Run `songify load`" in none_yet.text) == (2, True)
    home.deliver("listening", "2021-12-01", "2021-12-01-events.json", json.dumps(EVENT))
    home.load()
    told = json.loads(home.songify("answers", "--topic", "listening", "--json").out)
    assert (told["topic"], told["month"]) == ("listening", "2021-12")
    assert {one["question"]: one["rows"] for one in told["answers"]} == {
        "accumulated": [["2021-12-01", 1, 1, 1]], "average_songs": [[1.0, 1.0, 1, 1]], "silent_users": [],
        "top_artist": [["2021-12-01", "[Dos]", 1]], "top_user": [["2021-12-01", "7", "", 1]],
    }  # fmt: skip
    for one in told["answers"]:
        assert len(home.rows(one["sql"])) == len(one["rows"])
    shown = home.songify("answers", "--topic", "listening", "--sql")
    assert "[Dos]" in shown.out
    assert "FROM listening.daily_totals" in shown.out


def test_a_topic_or_a_month_that_is_none_is_told_with_those_there_are(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    wrong = home.songify("answers", "--topic", "listenin")
    assert (
        wrong.status,
        "Topics: viewing, listening, live, marketing, payments, playlists, royalties, subscriptions." in wrong.text,
    ) == (2, True)
    home.deliver("listening", "2021-12-01", "2021-12-01-events.json", json.dumps(EVENT))
    home.load()
    late = home.songify("answers", "--topic", "listening", "--month", "2022-01")
    assert (late.status, "Months with listening data: 2021-12." in late.text) == (2, True)
