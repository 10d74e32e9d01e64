"""What Prometheus is told, its rules and the dashboard, with a real Prometheus."""

import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from songify_assets_tests.home import Home
from songify_assets_tests.house.tree import ROOT
from songify_assets_tests.servers import free_port, needs_program
from songify_assets_tests.serving.served import Served, serving

DEPLOY = ROOT / "deploy" / "prometheus"
PATIENCE_S = 60


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Served]:
    with serving(home, SONGIFY_SERVE_WORKERS="2") as served:
        for _ in range(20):
            served.get("/v1/market-share")
        yield served


@pytest.fixture(scope="module")
def prometheus(server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Answers a path of its API; it has asked the server twice by then."""
    program, folder, port = needs_program("prometheus"), tmp_path_factory.mktemp("prometheus"), free_port()
    shutil.copy(DEPLOY / "songify.rules.yml", folder)
    config = (DEPLOY / "prometheus.yml").read_text("utf-8").replace(":8461", f":{server.port}").replace("15s", "1s")
    (folder / "prometheus.yml").write_text(config, "utf-8")
    command = [program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    command += [f"--web.listen-address=127.0.0.1:{port}"]

    def api(path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}") as answer:
            return json.loads(answer.read())["data"]

    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            give_up = time.monotonic() + PATIENCE_S
            while not _asked_twice(api):
                assert time.monotonic() < give_up
                assert process.poll() is None, process.communicate()[1]
                time.sleep(0.2)
            yield api
        finally:
            process.terminate()
            process.communicate()


def _asked_twice(api: Callable[[str], Any]) -> bool:
    try:
        return bool(
            api("query?query=" + urllib.parse.quote("count_over_time(songify_publications_total[1m]) >= 2"))["result"]
        )
    except OSError:
        return False


def values(prometheus: Callable[[str], Any], expression: str) -> list[tuple[dict[str, str], float]]:
    result = prometheus("query?query=" + urllib.parse.quote(expression))["result"]
    return [(one["metric"], float(one["value"][1])) for one in result]


def test_measures_are_what_the_home_knows(prometheus: Callable[[str], Any], server: Served, home: Path):
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        counted = connection.execute("SELECT feed, count(*) FROM quarantine.rows GROUP BY feed").fetchall()
        [(plays,)] = connection.execute("SELECT count(*) FROM royalties.plays").fetchall()
    assert {labels["feed"]: value for labels, value in values(prometheus, "songify_quarantined_rows")} == dict(counted)
    assert [value for _, value in values(prometheus, 'songify_dataset_rows{dataset="royalties.plays"}')] == [plays]
    assert [value for _, value in values(prometheus, "songify_held_dumps")] == [0]
    [(_, age)] = values(prometheus, 'songify_dataset_age_seconds{dataset="royalties.plays"}')
    assert age == pytest.approx(time.time() - 1_638_399_600, abs=60)  # the 2nd of December 2021 in Stockholm
    asked = sum(
        value for _, value in values(prometheus, 'songify_requests_total{route="/v1/market-share",status="200"}')
    )
    assert asked == 20  # by whichever worker


def test_a_held_dump_is_counted(tmp_path: Path):
    held = Home(tmp_path / "home")
    held.deliver("royalties", "2021-12-01", "tracks.csv", "id,licensor\n" + "".join(f"{n},L\n" for n in range(10)))
    held.deliver("royalties", "2021-12-02", "tracks.csv", "id,licensor\n1,L\n")
    held.songify("load")
    with serving(held.path) as server:
        assert re.search(r"^songify_held_dumps 1\.0$", server.get("/metrics").body.decode(), re.MULTILINE)


def test_each_rule_is_understood_and_none_is_broken(prometheus: Callable[[str], Any]):
    written = yaml.safe_load((DEPLOY / "songify.rules.yml").read_text("utf-8"))["groups"][0]["rules"]
    [group] = prometheus("rules")["groups"]
    assert [rule["name"] for rule in group["rules"]] == [rule["alert"] for rule in written]
    assert {rule.get("lastError", "") for rule in group["rules"]} == {""}


def test_each_picture_of_the_dashboard_has_something_to_show(prometheus: Callable[[str], Any]):
    panels = json.loads((DEPLOY / "grafana-songify.json").read_text("utf-8"))["panels"]
    expressions = [target["expr"].replace("$__rate_interval", "1m") for panel in panels for target in panel["targets"]]
    empty = [one for one in expressions if not values(prometheus, one)]
    assert empty == []
