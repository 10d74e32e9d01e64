"""What is wrong with the choice of an engine is told before anything is loaded."""

from pathlib import Path

import pytest

from songify_assets.errors import SettingsError
from songify_assets.foundation.engines import spark_session
from songify_assets_tests.home import Home, new_home, plays
from songify_assets_tests.servers import HOST, free_port

pytestmark = pytest.mark.spark


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = new_home(tmp_path / "home")
    home.deliver("royalties", "2021-12-01", "plays.csv", plays("se,a1,60000"))
    return home


def test_an_unknown_engine_exits_2_and_names_those_there_are(home: Home) -> None:
    told = home.songify("load", SONGIFY_ENGINE="flink")
    assert told.status == 2
    assert "SONGIFY_ENGINE" in told.err
    assert "'polars' or 'spark'" in told.err
    assert "flink" in told.err


@pytest.mark.parametrize("master", ["yarn", "spark://nowhere", "local[x]", "http://127.0.0.1:7077"])
def test_what_is_no_master_exits_2(home: Home, master: str) -> None:
    told = home.songify("load", SONGIFY_ENGINE="spark", SONGIFY_SPARK_MASTER=master)
    assert told.status == 2
    assert "SONGIFY_SPARK_MASTER" in told.err


def test_an_unreachable_master_exits_3_at_once_and_is_named(needs_spark: None, home: Home) -> None:
    master = f"spark://{HOST}:{free_port()}"
    told = home.songify("load", SONGIFY_ENGINE="spark", SONGIFY_SPARK_MASTER=master)
    assert told.status == 3
    assert f"{master}: this Spark master cannot be reached" in told.err
    assert "SONGIFY_SPARK_MASTER" in told.err
    assert home.load()["exit_status"] == 0, "on Polars all is as ever"


def test_without_java_it_is_told_plainly(needs_spark: None, home: Home, tmp_path: Path) -> None:
    told = home.songify("load", SONGIFY_ENGINE="spark", PATH=str(tmp_path), JAVA_HOME="")
    assert (told.status, "there is no Java" in told.err) == (2, True)


def test_without_the_extra_it_is_told_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"Install songify-assets\[spark\]"):
        spark_session.need_spark("local[*]")
