"""A home that was loaded on Spark, its drops in any order, has the tables of one that was loaded on Polars in order."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from dagster import AssetKey
from polars.testing import assert_frame_equal

from songify_assets.orchestration.runs import open_instance
from songify_assets_tests.engines.conftest import MASTER
from songify_assets_tests.home import Home, csv, new_home, plays

pytestmark = [pytest.mark.spark, pytest.mark.long]

ON_SPARK = {"SONGIFY_ENGINE": "spark", "SONGIFY_SPARK_MASTER": MASTER}
# Day, file, content: unknown tracks and places, keys in other writing, versions that change, a key that goes and returns.
DROPS = [
    ("2021-11-30", "locations.csv", csv("id,country", "se,SE", "fi,FI", "Åre,SE")),
    ("2021-11-30", "tracks.csv", csv("id,licensor", "a1,A", "b1,B", "Straße,C", "d1,D")),
    ("2021-11-30", "plays.csv", plays("se,a1,60000", " SE,A1 ,70000", "no,STRASSE,90000", "fi,zz,60000", "se,a1,59999", "se,a1,60000")),
    ("2021-12-01", "locations.csv", csv("id,country", "se,NO", "fi,FI", "Åre,SE")),
    ("2021-12-01", "tracks.csv", csv("id,licensor", "a1,A2", "b1,B", "Straße,C", "late,L")),
    ("2021-12-01", "plays.csv", plays("se,a1,60000", "ÅRE,b1,70000", "fi,d1,60000", "fi,late,60001", "nowhere,a1,80000")),
    ("2021-12-02", "tracks.csv", csv("id,licensor", "a1,A", "b1,B", "d1,D", "late,L", "Straße,C")),
    ("2021-12-02", "plays.csv", plays("fi,b1,60000", "fi,late,1", "\uff33\uff25,straße,60000")),
]  # fmt: skip
CORRECTED = ("2021-11-30", "plays.csv", plays("se,b1,60000", "fi,zz,60000", "fi,zz,61000"))
SORTED = ("royalties/market_share_daily", "royalties/market_share")
LIMIT = {"SONGIFY_MASS_DELETE_LIMIT": "0.5"}


def load(home: Home, drops: Sequence[tuple[str, str, str]], **env: str) -> None:
    for day, name, content in drops:
        home.deliver("royalties", day, name, content)
    report = home.load(**LIMIT, **env)
    assert report["errors"] == []
    assert not [check for check in report["failed_checks"] if check["blocking"]]


def test_tables_are_those_of_polars_in_whatever_order_drops_come(needs_spark: None, tmp_path: Path) -> None:
    polars, spark = new_home(tmp_path / "polars"), new_home(tmp_path / "spark")
    load(polars, [one for one in DROPS if one[:2] != CORRECTED[:2]] + [CORRECTED])
    load(spark, [DROPS[at] for at in (5, 6, 2)], **ON_SPARK)
    load(spark, [DROPS[at] for at in (7, 4, 0)], **ON_SPARK)
    load(spark, [DROPS[at] for at in (1, 3)] + [CORRECTED], **ON_SPARK)

    assert files(spark) == files(polars)
    for file in files(polars):
        expected, found = (
            pl.read_parquet(home.path / "lake" / file, hive_partitioning=False) for home in (polars, spark)
        )
        assert_frame_equal(found, expected, check_row_order=file.startswith(SORTED), check_exact=True)
    shares = "SELECT * FROM royalties.market_share ORDER BY ALL"
    assert spark.rows(shares) == polars.rows(shares)
    assert len(spark.rows(shares)) > 5
    portable = dict.fromkeys(["plays", "market_share_daily", "market_share", "tracks_history"], "spark")
    assert engines(spark) == {**portable, "tracks": "polars"}
    assert set(engines(polars).values()) == {"polars"}


def files(home: Home) -> list[str]:
    lake = home.path / "lake"
    return sorted(str(file.relative_to(lake)) for file in lake.glob("r*/**/*.parquet"))


def engines(home: Home) -> dict[str, str]:
    """The engine that the newest materialization of each of some tables names."""
    found = {}
    with open_instance(home.path) as instance:
        for table in ("plays", "market_share_daily", "market_share", "tracks_history", "tracks"):
            event = instance.get_latest_materialization_event(AssetKey(["royalties", table]))
            assert event is not None
            assert event.asset_materialization is not None
            found[table] = str(event.asset_materialization.metadata["engine"].value)
    return found
