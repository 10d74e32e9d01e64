"""The benchmark a hundred times smaller: it runs, results agree, and what would be wrong is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.compare import differences

ROOT = Path(__file__).parents[2]


def test_product_and_peers_agree_on_a_small_input(tmp_path: Path):
    page = tmp_path / "performance.md"
    page.write_text(
        "Before.\n<!-- market_share: written by the benchmark -->\nold\n<!-- end of market_share -->\nAfter.\n"
    )
    peers = ["--only", "duckdb", "--only", "polars", "--only", "pandas"]
    ran = subprocess.run(
        [sys.executable, "-m", "bench", "market_share", "one_drop", "--scale", "0.01", "--runs", "1", "--work", str(tmp_path), "--out", str(page), *peers],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    text = page.read_text()
    assert (text[:8], "\nAfter.\n" in text, "old" in text) == ("Before.\n", True, False)
    for name in ("product", "duckdb", "polars", "pandas"):
        assert f"\n| {name} |" in text
    assert "Another result" not in text
    assert text.endswith("<!-- end of one_drop -->\n")
    for job in ("market_share", "one_drop"):
        assert (tmp_path / f"performance-{job}.svg").read_text().count("<svg") == 1


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([("SE", "A", 3, 0.75 + 1e-12), ("SE", None, 1, 0.25)], ""),
        ([("SE", "A", 3, 0.75)], "1 rows, not 2"),
        ([("SE", "A", 3, 0.76), ("SE", None, 1, 0.25)], "1 rows differ: 0.76 is not 0.75"),
        ([("SE", "A", 4, 0.75), ("SE", None, 1, 0.25)], "1 rows differ: 4 is not 3"),
    ],
)
def test_another_result_is_told(found: list[tuple[object, ...]], says: str):
    told = differences([("SE", None, 1, 0.25), ("SE", "A", 3, 0.75)], found)
    assert bool(told) == bool(says)
    assert told.partition(":")[0] == says.partition(":")[0]
