"""A home that was loaded on a cluster, its drops in any order, has the tables of one that was loaded on Polars in order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Thread

import polars as pl
import pytest
from dagster import AssetKey
from polars.testing import assert_frame_equal

from songify_assets.orchestration.instance import open_instance
from songify_assets_tests.engines.cluster import Cluster, cluster, connect_server, wait_for
from songify_assets_tests.home import Home, csv, new_home, plays

pytestmark = [pytest.mark.spark, pytest.mark.long]

ROYALTIES = {
    "locations.csv": {
        "2021-11-30": csv("id,country", "se,SE", "fi,FI", "Åre,SE"),
        "2021-12-01": csv("id,country", "se,NO", "fi,FI", "Åre,SE"),
    },
    "tracks.csv": {
        "2021-11-30": csv("id,licensor", "a1,A", "b1,B", "Straße,C", "d1,D"),
        "2021-12-01": csv("id,licensor", "a1,A2", "b1,B", "Straße,C", "late,L"),
        "2021-12-02": csv("id,licensor", "a1,A", "b1,B", "d1,D", "late,L", "Straße,C"),
    },
    "plays.csv": {
        "2021-11-30": plays("se,a1,60000", " SE,A1 ,70000", "no,STRASSE,90000", "fi,zz,60000", "se,a1,59999", "se,a1,60000"),
        "2021-12-01": plays("se,a1,60000", "ÅRE,b1,70000", "fi,d1,60000", "fi,late,60001", "nowhere,a1,80000"),
        "2021-12-02": plays("fi,b1,60000", "fi,late,1", "\uff33\uff25,straße,60000"),
    },
}  # fmt: skip


def stream(movie: str, user: str, start: str, minutes: int) -> str:
    return f"{movie},{user},1.5,{start}.123Z,{start[:-5]}{minutes:02}:00.007Z"


def streams(*rows: str) -> str:
    return csv("movie_title,user_email,size_mb,start_at,end_at", *rows)


VIEWING = {
    "movies.csv": {
        "2021-11-30": csv("title,duration_mins,original_language,size_mb", "Dune,155,en,1.5", "Up,96,en,1.5"),
        "2021-12-02": csv("title,duration_mins,original_language,size_mb", "Dune,156,en,1.5"),
    },
    "streams.csv": {
        "2021-11-30": streams(stream("Dune", "a@x.se", "2021-11-22T18:00:00", 41), stream("up", " B@x.se", "2021-11-30T08:00:00", 7)),
        "2021-12-02": streams(stream("DUNE ", "a@x.se", "2021-12-02T18:00:00", 59), stream("None", "c@x.se", "2021-12-02T23:30:00", 31)),
        # Late ones: somebody was there a week before.
        "2021-12-03": streams(stream("Up", "c@x.se", "2021-11-23T10:00:00", 20), stream("Dune", "b@x.se", "2021-12-03T10:00:00", 20)),
    },
}  # fmt: skip
# Source, day, file, content: unknown tracks and places, keys in other writing, versions that change, keys that go and return.
DROPS = [
    (source, day, name, content)
    for source, files in (("royalties", ROYALTIES), ("viewing", VIEWING))
    for name, days in files.items()
    for day, content in days.items()
]
CORRECTED = [
    ("royalties", "2021-11-30", "plays.csv", plays("se,b1,60000", "fi,zz,60000", "fi,zz,61000")),
    ("viewing", "2021-12-02", "streams.csv", streams(stream("Dune", "a@x.se", "2021-12-02T18:00:00", 58))),
]
COMPUTED_BY_SPARK = ["royalties/plays", "royalties/market_share_daily", "royalties/market_share", "royalties/tracks_history",
                     "viewing/streams", "viewing/movies_history", "engagement/cohort_retention"]  # fmt: skip
# Others have no order, as histories have none and what follows from them.
SORTED = ("royalties/market_share/", "royalties/market_share_daily/", "engagement/cohort_retention/")
LIMIT = {"SONGIFY_MASS_DELETE_LIMIT": "0.6"}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """What Polars makes of all drops in order."""
    home = new_home(tmp_path_factory.mktemp("polars") / "home")
    load(home, [one for one in DROPS if one[:3] not in [again[:3] for again in CORRECTED]] + CORRECTED)
    return home


@pytest.fixture
def running(needs_spark: None, tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path / "cluster") as one:
        yield one


def load(home: Home, drops: Sequence[tuple[str, str, str, str]], **env: str) -> None:
    for drop in drops:
        home.deliver(*drop)
    told = home.songify("load", "--source", "royalties", "--source", "viewing", **LIMIT, **env)
    assert told.status == 0, told.text
    assert not [line for line in told.err.splitlines() if " s  " not in line], "Spark says nothing to people"


def kill_when_it_works(cluster: Cluster, number: int) -> None:
    before = cluster.tasks(number)
    wait_for(lambda: cluster.tasks(number) > before)
    cluster.kill(number)


def assert_same_tables(found: Home, expected: Home) -> None:
    assert files(found) == files(expected)
    for file in files(expected):
        theirs, ours = (
            pl.read_parquet(home.path / "lake" / file, hive_partitioning=False) for home in (expected, found)
        )
        assert_frame_equal(ours, theirs, check_row_order=file.startswith(SORTED), check_exact=True)
    for table in ("royalties.market_share", "engagement.cohort_retention"):
        rows = f"SELECT * FROM {table} ORDER BY ALL"
        assert found.rows(rows) == expected.rows(rows)
        assert len(found.rows(rows)) > 2
    assert list((found.path / "lake" / ".staging").iterdir()) == []
    assert engines(found) == {**dict.fromkeys(COMPUTED_BY_SPARK, "spark"), "royalties/tracks": "polars"}
    assert set(engines(expected).values()) == {"polars"}


def test_tables_are_those_of_polars_in_whatever_order_drops_come_and_though_a_worker_is_killed(
    running: Cluster, expected: Home, tmp_path: Path
) -> None:
    home, on_cluster = new_home(tmp_path / "home"), {"SONGIFY_ENGINE": "spark", "SONGIFY_SPARK_MASTER": running.url}
    later = DROPS[::2]
    load(home, [*later[:3], *later[3:][::-1]], **on_cluster)
    killing = Thread(target=kill_when_it_works, args=(running, 1))
    killing.start()
    load(home, [*DROPS[1::2], *CORRECTED], **on_cluster)
    killing.join()
    assert running.workers[1].poll() is not None
    assert_same_tables(home, expected)


def test_tables_are_those_of_polars_where_spark_connect_computes(
    needs_spark: None, expected: Home, tmp_path: Path
) -> None:
    home = new_home(tmp_path / "home")
    with connect_server(tmp_path / "connect") as url:
        on_server = {"SONGIFY_ENGINE": "spark", "SONGIFY_SPARK_MASTER": url}
        load(home, DROPS, **on_server, PATH="/nowhere", JAVA_HOME="")
        load(home, CORRECTED, **on_server)
    assert_same_tables(home, expected)


def files(home: Home) -> list[str]:
    lake, tables = home.path / "lake", ("royalties", "viewing", "engagement/cohort_retention")
    return sorted(str(file.relative_to(lake)) for table in tables for file in (lake / table).glob("**/*.parquet"))


def engines(home: Home) -> dict[str, str]:
    """The engine that the newest materialization of each of some tables names."""
    found = {}
    with open_instance(home.path) as instance:
        for table in [*COMPUTED_BY_SPARK, "royalties/tracks"]:
            event = instance.get_latest_materialization_event(AssetKey(table.split("/")))
            assert event is not None
            assert event.asset_materialization is not None
            found[table] = str(event.asset_materialization.metadata["engine"].value)
    return found
