"""What the README says of adding a feed is true: its lines alone bring a file into every table it promises."""

import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from songify_assets import definitions
from songify_assets.datasets.royalties import feeds
from songify_assets.foundation.feeds import Feed
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.settings import Settings
from songify_assets_tests.in_process import InProcess

README = Path(__file__).parents[2] / "README.md"
FILES = {
    "2021-12-01": "name,account\nLicensor A,SE10\nLicensor B,SE20\n,SE30\n",
    "2021-12-02": "name,account\nLicensor A,SE11\nLicensor B,SE20\n",
}


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Feed]:
    """The feed of the README's example, added where the README says: at the end of the royalties' feeds."""
    text = README.read_text(encoding="utf-8").partition("## Add a feed\n")[2]
    example = re.search(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert example, "the README's section shows the lines it takes"
    lengthened = tmp_path / "lengthened_feeds.py"
    lengthened.write_text(Path(feeds.__file__).read_text(encoding="utf-8") + example[1], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    names = {feed.name for feed in feeds.FEEDS}
    new = [feed for feed in importlib.import_module("lengthened_feeds").FEEDS if feed.name not in names]
    assert [feed.name for feed in new] == ["licensors"]
    datasets = [
        replace(dataset, feeds=(*dataset.feeds, *new)) if dataset.name == "royalties" else dataset
        for dataset in definitions.CATALOG.datasets
    ]
    monkeypatch.setattr(definitions, "CATALOG", Catalog(datasets))
    yield new[0]
    del sys.modules["lengthened_feeds"]


def test_a_feed_gets_its_assets_and_checks_by_itself(added: Feed, tmp_path: Path):
    graph = definitions.build_definitions(Settings(home=tmp_path)).resolve_asset_graph()
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert {"raw/licensors", "royalties/licensors_history", "royalties/licensors"} <= keys
    raw = graph.get(dg.AssetKey(["raw", "licensors"]))
    checks = {"readable", "conservation", "schema", "volume", "mass_delete", "freshness"}
    assert {check.name for check in raw.check_keys} == checks


def test_a_file_of_the_new_feed_is_loaded(added: Feed, product: InProcess):
    for day, text in FILES.items():
        product.deliver("royalties", day, "licensors.csv", text)
    report = product.load()
    assert report.exit_status == 0, report
    versions = "SELECT name, account, version, change, is_current FROM royalties.licensors_history ORDER BY 1, 3"
    assert product.ask(versions) == [
        ("Licensor A", "SE10", 1, "added", False),
        ("Licensor A", "SE11", 2, "changed", True),
        ("Licensor B", "SE20", 1, "added", True),
    ]
    latest = "SELECT name, account, is_deleted FROM royalties.licensors ORDER BY 1"
    assert product.ask(latest) == [("Licensor A", "SE11", False), ("Licensor B", "SE20", False)]
    refused = "SELECT feed, record, reasons, raw FROM quarantine.rows"
    assert product.ask(refused) == [("licensors", 3, ["`name` is missing"], ",SE30")]
