"""`bench.cluster` runs on a small lake, and both engines write the same rows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from songify_assets_tests.home import ROOT

pytestmark = [pytest.mark.spark, pytest.mark.long]


def test_both_engines_are_measured_and_write_as_many_rows(needs_spark: None, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.cluster", "--plays", "20000", "--tracks", "5000", "--workers", "1"]
    ran = subprocess.run(
        [*command, "--work", str(tmp_path)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count('"plays": 20000') == 2
    assert len(re.findall(r"[\d.]+ times the CPU of one node", ran.stdout)) == 2
    executors = re.search(r'"executor_bytes": \[(\d+)\]', ran.stdout)
    assert executors
    assert 10**8 < int(executors[1]) < 2 * 10**9
