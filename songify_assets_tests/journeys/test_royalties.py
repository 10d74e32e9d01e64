"""The royalties rule, corrections and repeats, end to end."""

from pathlib import Path

import pytest

from songify_assets_tests.home import Home, csv, new_home, plays

COUNTED = ("se,a1,60000", "se,a2,61000", "se,a2,62000", "se,b1,90000", "se,b1,59999")
SHARES = "SELECT licensor, round(share, 6) FROM royalties.market_share ORDER BY licensor NULLS LAST"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = new_home(tmp_path / "home")
    home.deliver("royalties", "2021-12-01", "locations.csv", csv("id,country", "se,SE"))
    home.deliver(
        "royalties", "2021-12-01", "tracks.csv", csv("id,licensor", "a1,Licensor A", "a2,Licensor A", "b1,Licensor B")
    )
    home.deliver("royalties", "2021-12-01", "plays.csv", plays(*COUNTED))
    return home


def test_shares_are_of_counted_plays_with_unknown_tracks_in_the_total_and_a_correction_replaces(home: Home) -> None:
    assert home.load()["exit_status"] == 0
    assert home.rows(SHARES) == [("Licensor A", 0.75), ("Licensor B", 0.25)]

    home.deliver("royalties", "2021-12-01", "plays.csv", plays(*COUNTED, "se,nobody,60000"))
    assert home.load()["exit_status"] == 0
    assert home.rows(SHARES) == [("Licensor A", 0.6), ("Licensor B", 0.2), (None, 0.2)]
    assert sorted(path.name for path in (home.path / "exports" / "market_share").iterdir()) == [
        "2021-12.csv",
        "2021-12.xlsx",
    ]

    home.deliver(
        "royalties",
        "2021-12-01",
        "plays.csv.gz",
        __import__("gzip").compress(plays(*COUNTED, "se,nobody,60000").encode()),
    )
    again = home.load()
    assert (again["landed"], again["runs"]) == ([], 0)

    home.deliver(
        "royalties",
        "2021-11-30",
        "tracks.csv",
        csv("id,licensor", "a1,Licensor A", "a2,Licensor A", "b1,Licensor B", "nobody,Late"),
    )
    late = home.load(SONGIFY_MASS_DELETE_LIMIT="0.5")
    assert late["exit_status"] == 0
    assert home.rows(SHARES) == [("Late", 0.2), ("Licensor A", 0.6), ("Licensor B", 0.2)]


def test_only_the_asked_sources_and_days_are_loaded(home: Home) -> None:
    home.deliver("royalties", "2021-12-02", "plays.csv", plays(*COUNTED))
    report = home.load("--source", "royalties", "--until", "2021-12-01")
    assert {one["delivered_on"] for one in report["landed"]} == {"2021-12-01"}
    assert home.load("--since", "2021-12-02")["landed"][0]["delivered_on"] == "2021-12-02"
