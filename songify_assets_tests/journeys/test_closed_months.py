"""A month is closed, moves, and is restated, by the commands: what is said, and what outlives anything."""

import json
import shutil
from pathlib import Path

import openpyxl
import pytest

from songify_assets_tests.home import Home, csv, new_home, plays
from songify_assets_tests.killed import killed_at

DAYS = [f"2021-11-{day:02}" for day in range(1, 31)]
STATEMENTS = "FROM royalties.statements ORDER BY ALL"
VERSIONS = "SELECT * EXCLUDE (closed_at) FROM royalties.statement_versions ORDER BY ALL"


def november(path: Path, days: list[str] = DAYS) -> Home:
    """A home with plays on each day of a month."""
    home = new_home(path)
    home.deliver("royalties", DAYS[0], "locations.csv", csv("id,country", "l,SE", "m,DK"))
    home.deliver("royalties", DAYS[0], "tracks.csv", csv("id,licensor", "t,A", "u,B"))
    for day in days:
        home.deliver("royalties", day, "plays.csv", plays("l,t,60000", "l,u,60000", "m,t,60000"))
    return home


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose month is closed."""
    home = november(tmp_path_factory.mktemp("closed") / "home")
    assert home.load()["exit_status"] == 0
    done = home.songify("close", "2021-11", "--reason", "paid")
    assert done.status == 0, done.text
    assert "is closed as version 1: 3 rows, from 32 delivered files, digest" in done.out
    return home


def copied(home: Home, path: Path) -> Home:
    shutil.copytree(home.path, path, symlinks=True)
    return Home(path, clock=home.clock + 1000)


def test_a_month_is_refused_while_a_day_is_missing_held_or_failing_unless_a_reason_is_given(tmp_path: Path) -> None:
    home = november(tmp_path / "home", DAYS[:-1])
    home.load()
    refused = home.songify("close", "2021-11")
    assert refused.status == 1
    assert "plays of 2021-11-30 is not delivered" in refused.text
    home.deliver("royalties", DAYS[-1], "plays.csv", plays("l,t,60000"))
    home.deliver("royalties", DAYS[20], "tracks.csv", csv("id,licensor", "t,A"))
    home.load()
    held = home.songify("close", "2021-11")
    assert held.status == 1
    assert "raw/tracks 2021-11-21 is held back; see songify approve" in held.text
    despite = home.songify("close", "2021-11", "--despite", "the source is asked")
    assert despite.status == 0, despite.text
    assert home.rows("SELECT version, despite FROM royalties.statement_versions") == [(1, "the source is asked")]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("close", "2021-11"), 1, "it is closed already. Run `songify restate 2021-11"),
        (("close", "2021-12"), 1, "royalties/market_share has nothing of 2021-12"),
        (("close", "november"), 2, "'november' is not a month. Write it like 2021-12."),
        (("close", "2021-11", "--table", "royalties/plays"), 2, "no month of 'royalties/plays' is ever closed"),
        (("restate", "2021-11", "--reason", "why"), 1, "nothing has changed since version 1"),
        (("restate", "2021-12", "--reason", "why"), 1, "it is not closed. Run `songify close 2021-12"),
        (("restate", "2021-11", "--reason", " "), 2, "the reason is empty"),
        (("statements", "2021-12"), 0, "No statement of 2021-12 yet."),
    ],
)
def test_what_cannot_be_closed_is_said_and_changes_nothing(
    closed: Home, arguments: tuple[str, ...], status: int, says: str
) -> None:
    before = closed.rows(STATEMENTS)
    done = closed.songify(*arguments, COLUMNS="400")
    assert (done.status, says in done.text) == (status, True), done.text
    assert closed.rows(STATEMENTS) == before


def test_late_truth_is_told_settled_and_explained(closed: Home, tmp_path: Path) -> None:
    home = copied(closed, tmp_path / "home")
    paid = home.rows(STATEMENTS)
    home.deliver("royalties", DAYS[4], "plays.csv", plays("l,t,60000", "l,t,60000"))
    home.deliver("royalties", "2021-12-05", "tracks.csv", csv("id,licensor", "t,A", "u,B"))
    loaded = home.songify("load")
    assert loaded.status == 0
    assert "Counted plays of 2021-11 have moved by 2 since version 1" in loaded.out
    assert home.rows(STATEMENTS) == paid
    [told] = json.loads(home.songify("statements", "--json").out)
    assert (told["version"], told["rows_moved"], told["reason"], told["deliveries"]) == (1, 3, "paid", 32)
    causes = "SELECT country, licensor, cause, feed, delivered_on::VARCHAR, plays_difference FROM royalties.restatement_causes"
    assert home.rows(f"{causes} ORDER BY ALL") == [
        ("DK", "A", "corrected_plays", "plays", DAYS[4], -1),
        ("SE", "A", "corrected_plays", "plays", DAYS[4], 1),
        ("SE", "B", "corrected_plays", "plays", DAYS[4], -1),
    ]
    done = home.songify("restate", "2021-11", "--reason", "5 November was corrected")
    assert done.status == 0, done.text
    assert home.rows("SELECT version, is_current, reason FROM royalties.statement_versions ORDER BY 1") == [
        (1, False, "paid"),
        (2, True, "5 November was corrected"),
    ]
    assert home.rows("SELECT DISTINCT version_from, version_to FROM royalties.restatements") == [(1, 2)]
    assert home.rows("FROM royalties.statements WHERE version = 1 ORDER BY ALL") == paid
    sheets = openpyxl.load_workbook(home.path / "exports" / "statements" / "2021-11" / "v2.xlsx")
    moved = list(sheets["corrected_causes"].iter_rows(min_row=2, values_only=True))
    assert moved[0] == (
        "2021-11-01",
        "DK",
        "A",
        "corrected_plays",
        -1,
        "plays",
        DAYS[4],
        f"royalties/{DAYS[4]}/plays.csv",
    )
    assert [row[2] for row in sheets["statement"].iter_rows(min_row=2, values_only=True)] == ["A", None, "A", "B", None]
    assert (home.path / "exports" / "statements" / "2021-11" / "v1.xlsx").exists()


def test_statements_outlive_warehouse_ledger_lake_and_rebuild(closed: Home, tmp_path: Path) -> None:
    home = copied(closed, tmp_path / "home")
    paid, versions = home.rows(STATEMENTS), home.rows(VERSIONS)
    (home.path / "warehouse.duckdb").unlink()
    home.load()
    assert (home.rows(STATEMENTS), home.rows(VERSIONS)) == (paid, versions)
    for end in ("", "-wal", "-shm"):
        (home.path / f"ledger.sqlite{end}").unlink(missing_ok=True)
    rebuilt = home.songify("rebuild")
    assert rebuilt.status == 0, rebuilt.text
    assert (home.rows(STATEMENTS), home.rows(VERSIONS)) == (paid, versions)
    assert home.rows("FROM royalties.restatements") == []
    home.songify("rebuild", "--table", "royalties/statements")
    assert home.rows(STATEMENTS) == paid


STEPS = [
    ("songify_assets.foundation.statements:freeze", "before"),
    ("songify_assets.foundation.lake:Lake.staging", "after"),
    ("songify_assets.foundation.statements:freeze", "after"),
    ("songify_assets.foundation.ledger.decisions:keep", "before"),
    ("songify_assets.foundation.ledger.manifests:note", "after"),
    ("songify_assets.foundation.ledger.statements:keep_statement", "after"),
    ("songify_assets.orchestration.publish.warehouse:Warehouse.publish", "before"),
]


@pytest.mark.long
@pytest.mark.parametrize(("step", "when"), STEPS)
def test_a_restatement_that_is_killed_is_there_whole_or_not_at_all(
    closed: Home, tmp_path: Path, step: str, when: str
) -> None:
    home = copied(closed, tmp_path / "home")
    home.deliver("royalties", DAYS[4], "plays.csv", plays("l,t,60000"))
    assert home.load()["exit_status"] == 0
    assert killed_at(home, step, when, "restate", "2021-11", "--reason", "killed")
    told = json.loads(home.songify("statements", "--json").out)
    assert [one["damage"] for one in told] == [""] * len(told)
    again = home.songify("restate", "2021-11", "--reason", "asked again")
    assert (again.status, len(told)) in ((0, 1), (1, 2)), again.text
    assert home.load()["exit_status"] == 0
    assert home.rows("SELECT version, count(*) FROM royalties.statements GROUP BY 1 ORDER BY 1") == [(1, 3), (2, 3)]
    assert home.rows("FROM royalties.restatements WHERE version_to IS NULL") == []


def test_the_month_of_any_table_that_says_so_is_closed_with_its_own_rows(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    plans = csv("plan_id,name,interval,interval_count,price,currency", "basic,Basic,month,1,99.00,SEK")
    header = "event_id,subscription_id,customer_id,type,plan_id,quantity,amount,currency,occurred_at,effective_at"
    home.deliver("subscriptions", "2021-11-02", "plans.csv", plans)
    for day in (*DAYS, "2021-12-01"):
        event = f"E{day},S{day},Ann,sign_up,basic,,,SEK,{day}T10:00:00Z,"
        home.deliver("subscriptions", day, "subscription_events.csv", csv(header, event))
    home.load()
    refused = home.songify("close", "2021-12", "--table", "subscriptions/mrr")
    assert refused.status == 1
    assert "subscriptions drops of 2021-12-02, 2021-12-03" in refused.text
    done = home.songify("close", "2021-11", "--table", "subscriptions/mrr")
    assert done.status == 0, done.text
    frozen = home.rows("SELECT * EXCLUDE (version) FROM subscriptions.mrr_statements")
    assert frozen == home.rows("FROM subscriptions.mrr WHERE month = '2021-11-01'")
    assert len(frozen) == 1
    assert home.rows('SELECT "table", version FROM royalties.statement_versions') == [("subscriptions/mrr", 1)]
    late = f"Elate,Slate,Bo,sign_up,basic,,,SEK,{DAYS[9]}T10:00:00Z,"
    home.deliver("subscriptions", "2021-12-02", "subscription_events.csv", csv(header, late))
    loaded = home.songify("load")
    assert (
        "subscriptions/mrr as_closed: 2 rows break this: A closed month is as its newest statement has it" in loaded.out
    )
    assert home.rows("SELECT * EXCLUDE (version) FROM subscriptions.mrr_statements") == frozen


def test_what_a_broken_statement_differs_by_is_not_told_and_it_is_found(closed: Home, tmp_path: Path) -> None:
    home = copied(closed, tmp_path / "home")
    home.deliver("royalties", DAYS[4], "plays.csv", plays("l,t,60000"))
    home.load()
    told = home.rows("FROM royalties.restatements ORDER BY ALL")
    (home.path / "lake" / "closed" / "royalties" / "market_share" / "2021-11" / "v1" / "rows.parquet").unlink()
    refused = home.songify("restate", "2021-11", "--reason", "why")
    assert (refused.status, "its file is missing" in refused.text) == (1, True)
    listed, checked = home.songify("statements"), home.songify("doctor")
    assert (listed.status, checked.status) == (1, 2)
    assert "royalties/market_share 2021-11 version 1: its file is missing. Put the file back" in checked.text
    home.deliver("royalties", DAYS[5], "plays.csv", plays("l,t,60000"))
    assert home.load()["exit_status"] == 1
    assert home.rows("FROM royalties.restatements ORDER BY ALL") == told, "as it was before"
