"""What is wrong with the choice of an engine is told before anything is loaded."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from songify_assets.errors import SettingsError
from songify_assets.foundation.engines import spark_reach
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


@pytest.mark.parametrize("master", ["yarn", "spark://nowhere", "sc://nowhere", "local[x]", "http://127.0.0.1:7077"])
def test_what_is_no_master_exits_2(home: Home, master: str) -> None:
    told = home.songify("load", SONGIFY_ENGINE="spark", SONGIFY_SPARK_MASTER=master)
    assert told.status == 2
    assert "SONGIFY_SPARK_MASTER" in told.err


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections, and nobody reads from them."""
    with closing(socket.create_server((HOST, 0))) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("scheme", ["spark", "sc"])
def test_an_unreachable_master_exits_3_at_once_and_is_named(needs_spark: None, home: Home, scheme: str) -> None:
    master = f"{scheme}://{HOST}:{free_port()}"
    told = home.songify("load", SONGIFY_ENGINE="spark", SONGIFY_SPARK_MASTER=master)
    assert told.status == 3
    assert f"{master}: this Spark" in told.err
    assert "cannot be reached: nothing answers there" in told.err
    assert "SONGIFY_SPARK_MASTER" in told.err


@pytest.mark.parametrize("scheme", ["spark", "sc"])
def test_what_answers_and_is_no_master_exits_3_within_half_a_minute(
    needs_spark: None, home: Home, silent_port: int, scheme: str
) -> None:
    master, began = f"{scheme}://{HOST}:{silent_port}", time.monotonic()
    told = home.songify("load", SONGIFY_ENGINE="spark", SONGIFY_SPARK_MASTER=master)
    assert told.status == 3
    assert f"{master}: this Spark" in told.err
    assert "what answers there is none" in told.err
    assert time.monotonic() - began < 30
    assert home.load()["exit_status"] == 0, "on Polars all is as ever"


def test_without_java_it_is_told_plainly(needs_spark: None, home: Home, tmp_path: Path) -> None:
    told = home.songify("load", SONGIFY_ENGINE="spark", PATH=str(tmp_path), JAVA_HOME="")
    assert (told.status, "there is no Java" in told.err) == (2, True)


def test_without_the_extra_it_is_told_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_reach, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"Install songify-assets\[spark\]"):
        spark_reach.need_spark("local[*]")
