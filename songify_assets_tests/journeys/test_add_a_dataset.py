"""What docs/add-a-dataset.md says is true: a source with one feed and one mart is one folder and one line, and it loads."""

import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from songify_assets import datasets, definitions
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets_tests.in_process import InProcess

PAGE = (Path(__file__).parents[2] / "docs" / "add-a-dataset.md").read_text(encoding="utf-8")
FILES = dict(
    re.findall(r"^`songify_assets/datasets/podcasts/(\w+\.py)`\n```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
)
TEST = "".join(re.findall(r"^def test_.*?(?=^```)", PAGE, re.MULTILINE | re.DOTALL))
LINES = 60


@pytest.fixture
def podcasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The folder of the page among the datasets, and its line."""
    folder = tmp_path / "datasets" / "podcasts"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(datasets, "__path__", [*datasets.__path__, str(folder.parent)])
    new = import_module("songify_assets.datasets.podcasts").DATASET
    monkeypatch.setattr(definitions, "CATALOG", Catalog([*definitions.CATALOG.datasets, new]))
    yield
    for module in [name for name in sys.modules if name.startswith("songify_assets.datasets.podcasts")]:
        del sys.modules[module]


@pytest.mark.usefixtures("podcasts")
def test_the_test_of_the_page_passes(product: InProcess):
    names: dict[str, Any] = {}
    exec(TEST, names)
    names["test_listens_are_summed_up"](product)


@pytest.mark.usefixtures("podcasts")
def test_a_drop_of_today_is_loaded_corrected_and_joined_by_a_late_one(product: InProcess):
    today = datetime.now(ZoneInfo("Europe/Stockholm")).date()
    days = "SELECT date, episode, listens, seconds FROM podcasts.episode_days ORDER BY date"
    for text, row in (("One,60\nOne,30\nTwo,-1\n", (today, "One", 2, 90)), ("One,61\n", (today, "One", 1, 61))):
        product.deliver("podcasts", today, "listens.csv", f"episode,secs\n{text}")
        assert product.load().exit_status == 0
        assert product.ask(days) == [row]
    late = today - timedelta(days=3)
    product.deliver("podcasts", late, "listens.csv", "episode,secs\nZero,5\n")
    assert product.load().exit_status == 0
    assert product.ask(days) == [(late, "Zero", 1, 5), (today, "One", 1, 61)]


def test_it_is_under_sixty_lines_with_its_test():
    code = [line for text in [*FILES.values(), TEST] for line in text.splitlines() if line.strip()]
    assert len(code) < LINES, len(code)
    assert '"podcasts",' in PAGE
