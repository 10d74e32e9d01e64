"""On a cluster of separate processes the tables are those of Polars, and a worker that dies on the way changes nothing."""

from pathlib import Path
from threading import Thread

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from songify_assets_tests.engines.cluster import Cluster, cluster, wait_for
from songify_assets_tests.home import Home, csv, new_home, plays

pytestmark = [pytest.mark.spark, pytest.mark.long]
TABLES = ("royalties/plays", "royalties/market_share_daily", "royalties/market_share")


def deliver(home: Home) -> None:
    """Three days of plays, of which some are at unknown places or of unknown tracks, and of which a track changes hands."""
    for day in ("2021-11-30", "2021-12-01", "2021-12-02"):
        some = [f"{('se', ' FI', 'no')[n % 3]},t{n % 7},{59_000 + n}" for n in range(3_000)]
        home.deliver("royalties", day, "plays.csv", plays(*some))
        home.deliver("royalties", day, "locations.csv", csv("id,country", "se,SE", "fi,FI"))
        tracks = [f"t{n},Licensor {n if day == '2021-12-01' else n % 2}" for n in range(6)]
        home.deliver("royalties", day, "tracks.csv", csv("id,licensor", *tracks))


def kill_when_it_works(cluster: Cluster, number: int) -> None:
    wait_for(lambda: cluster.computes(number))
    cluster.kill(number)


def test_a_worker_that_is_killed_while_it_computes_changes_nothing(needs_spark: None, tmp_path: Path) -> None:
    polars, spark = new_home(tmp_path / "polars"), new_home(tmp_path / "spark")
    deliver(polars)
    deliver(spark)
    assert polars.load()["errors"] == []
    with cluster(tmp_path / "cluster") as running:
        killing = Thread(target=kill_when_it_works, args=(running, 1))
        killing.start()
        report = spark.load(SONGIFY_ENGINE="spark", SONGIFY_SPARK_MASTER=running.url)
        killing.join()
        assert running.workers[1].poll() is not None
    assert report["errors"] == []
    for table in TABLES:
        expected, found = (
            pl.read_parquet(home.path / "lake" / table / "*" / "part-0.parquet", hive_partitioning=False)
            for home in (polars, spark)
        )
        assert_frame_equal(found, expected, check_row_order=table != TABLES[0], check_exact=True)
    assert list((spark.path / "lake" / ".staging").iterdir()) == []
