"""The royalties rule, corrections and repeats, end to end."""

from pathlib import Path

import openpyxl
import pytest

from songify_assets_tests.home import REAL_DATA, Home, csv, new_home, plays

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
    assert (again["landed"], again["partitions_computed"]) == ([], {"warehouse/published": 1}), (
        "it is in the quarantine"
    )

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


def test_shops_in_a_country_called_unknown_have_their_own_sheet(home: Home) -> None:
    report = home.load(SONGIFY_DROPS_URL=field_case("06-country-unknown"))
    assert (report["exit_status"], report["errors"]) == (0, [])
    assert home.rows("SELECT country, licensor, plays FROM royalties.market_share ORDER BY ALL") == [
        ("SE", "Norr", 1),
        ("UNKNOWN", "Norr", 1),
        (None, "Syd", 1),
    ]
    assert sheets(home) == {"SE": ["Norr"], "UNKNOWN": ["Norr"], "unknown (2)": ["Syd"]}


def test_licensors_that_look_like_formulas_or_links_are_texts_in_the_sheets(home: Home) -> None:
    assert home.load(SONGIFY_DROPS_URL=field_case("07-licensor-like-a-formula"))["exit_status"] == 0
    delivered = ["+44 Records", "=1+1", "=LOVE", "https://label.example/", "{=SUM(1)}"]
    assert home.rows("SELECT licensor FROM royalties.market_share ORDER BY licensor") == [(name,) for name in delivered]
    assert {name: sorted(licensors) for name, licensors in sheets(home).items()} == {"SE": delivered}


def test_countries_of_no_country_are_kept_and_shown_and_keep_their_sheets(home: Home) -> None:
    codes = ["[]", "??", "=1", "'", "History", "fi", "", "x" * 40, "x" * 41]
    home.deliver(
        "royalties", "2021-12-01", "locations.csv", csv("id,country", *(f"l{n},{code}" for n, code in enumerate(codes)))
    )
    home.deliver(
        "royalties",
        "2021-12-01",
        "plays.csv",
        plays(*(f"l{n},a1,{60_000 + n}" for n in range(len(codes))), "no,a1,90000"),
    )
    report = home.load()
    assert (report["exit_status"], report["errors"]) == (0, [])
    kept = [*(code.upper() or None for code in codes), None]
    counted = "SELECT country FROM royalties.plays ORDER BY played_ms"
    assert [row[0] for row in home.rows(counted)] == kept
    listed = next(one for one in report["failed_checks"] if one["check"] == "listed_countries")
    assert "8 rows break this" in listed["says"], "all but Finland"
    assert sum(map(len, sheets(home).values())) == len(set(kept))
    assert len(sheets(home)) == len(set(kept)), "a sheet for each of them"


def field_case(name: str) -> str:
    """Where the drops of a case of the field appear."""
    case = REAL_DATA.parent / "field" / name
    if not case.exists():
        pytest.skip(f"no case of the field at {case}")
    return case.as_uri()


def sheets(home: Home) -> dict[str, list[str]]:
    """The licensors on each sheet of December's workbook."""
    book = openpyxl.load_workbook(home.path / "exports" / "market_share" / "2021-12.xlsx")
    return {sheet.title: [str(row[2].value) for row in sheet.rows][1:] for sheet in book}
