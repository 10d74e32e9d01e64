"""The description of the API is true: schemathesis asks what it allows, and what it does not."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from songify_assets_tests.home import plain_environment
from songify_assets_tests.serving.served import Served, serving


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Served]:
    with serving(home) as served:
        yield served


def test_schemathesis_finds_nothing(server: Served, tmp_path: Path):
    program = Path(sys.executable).with_name("schemathesis")
    command = [
        str(program),
        "run",
        f"http://127.0.0.1:{server.port}/openapi.json",
        "--max-examples",
        "10",
        "--seed",
        "1",
    ]
    ran = subprocess.run(command, env=plain_environment(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-20_000:]


def test_it_is_of_openapi_3_1_and_knows_the_columns(server: Served):
    document = server.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    names = {parameter["name"] for parameter in document["paths"]["/v1/market-share"]["get"]["parameters"]}
    assert {"country", "country.in", "licensor.is", "plays.gte", "columns", "limit", "format"} <= names
    for path in (
        "/v1/statements",
        "/v1/restatements",
        "/v1/tables/{schema}/{table}",
        "/v1/history/{schema}/{entity}",
        "/metrics",
    ):
        assert "get" in document["paths"][path]
