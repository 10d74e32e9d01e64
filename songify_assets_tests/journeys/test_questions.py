"""docs/questions.md says what the real data answers: each of its queries gives the table below it."""

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from songify_assets.datasets.engagement.declared import FEATURES, FUNNELS
from songify_assets_tests.datasets.listening.real import deliver_real_listening
from songify_assets_tests.home import REAL_DATA, needs_real_data
from songify_assets_tests.house.tree import ROOT
from songify_assets_tests.in_process import InProcess

QUESTIONS = (ROOT / "docs/questions.md").read_text("utf-8")
METRICS = (ROOT / "docs/metrics.md").read_text("utf-8")
ANSWERS = re.findall(r"^## (.*?)\n```sql\n(.*?)\n```\n\n((?:\|[^\n]*\n)+)", QUESTIONS, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published warehouse of the real listening and viewing data."""
    product = InProcess(tmp_path_factory.mktemp("questions") / "home")
    deliver_real_listening(product)
    for file in (REAL_DATA / "viewing" / "internal").glob("*.csv"):
        product.deliver("viewing", "2021-12-31", file.name, file.read_bytes())
    assert not product.load().outcome.failures
    return product.home / "warehouse.duckdb"


def shown(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@needs_real_data
@pytest.mark.long
@pytest.mark.parametrize(("question", "sql", "table"), ANSWERS, ids=[question for question, _, _ in ANSWERS])
def test_the_real_data_answer_as_the_page_says(warehouse: Path, question: str, sql: str, table: str) -> None:
    header, _, *lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        answer = connection.execute(sql)
        assert [column[0] for column in answer.description or ()] == header
        assert [list(map(shown, row)) for row in answer.fetchall()] == lines


def test_every_question_has_an_answer() -> None:
    assert len(ANSWERS) == QUESTIONS.count("\n## ") >= 10


def test_the_page_of_metrics_lists_each_funnel_and_feature() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in METRICS.splitlines() if line.startswith("|")
    ]
    told = {row[0]: row for row in rows}
    for funnel in FUNNELS:
        steps = ", ".join(step.name for step in funnel.steps)
        assert told[funnel.name][1:] == [funnel.product, steps, f"{funnel.window.days} days", funnel.by]
    assert {feature.name: feature.product for feature in FEATURES} == {
        feature.name: told[feature.name][1] for feature in FEATURES
    }
