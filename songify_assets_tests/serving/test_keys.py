"""Who may ask, how often, and what nobody is told."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from songify_assets.settings import Settings
from songify_assets_tests.home import Home
from songify_assets_tests.serving.served import Served, serving

COUNTS_WITHIN_S = 5


@pytest.fixture
def own(home: Path) -> Home:
    """The home; keys are taken away again."""
    yield Home(home)
    (home / "keys.sqlite").unlink(missing_ok=True)


def added(home: Home, name: str, *options: str) -> str:
    result = home.songify("keys", "add", name, *options)
    assert result.status == 0, result.text
    return result.out.strip()


def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + COUNTS_WITHIN_S
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def status(server: Served, key: str | None = None, path: str = "/v1/answers") -> int:
    return server.get(path, **({"Authorization": f"Bearer {key}"} if key else {})).status


def test_keys_count_as_they_come_and_go_without_a_restart(own: Home):
    with serving(own.path) as server:
        assert status(server) == 200
        key, events = added(own, "app", "--scope", "read"), added(own, "sender", "--scope", "events")
        until(lambda: status(server, events) == 403)
        assert [status(server, asked) for asked in (None, "wrong", key, events)] == [401, 401, 200, 403]
        assert server.get("/v1/answers").headers["www-authenticate"] == "Bearer"
        for path in ("/", "/docs", "/metrics", "/openapi.json", "/v1/health", "/static/swagger/start.js"):
            assert [status(server, None, path), status(server, key, path)] == [401, 200], path
        assert own.songify("keys", "revoke", "app").status == 0
        until(lambda: status(server, key) == 401)


def test_more_than_the_rate_is_put_off(own: Home):
    key, other = added(own, "slow", "--scope", "read", "--rate", "5"), added(own, "quick", "--scope", "read")
    with serving(own.path, SONGIFY_SERVE_WORKERS="2") as server:
        statuses = [status(server, key) for _ in range(12)]
        assert statuses[:5] == [200] * 5
        assert 429 in statuses
        heard = server.get("/v1/answers", Authorization=f"Bearer {key}")
        assert (heard.status, heard.headers["retry-after"]) == (429, "1")
        assert status(server, other) == 200
        until(lambda: status(server, key) == 200)


def test_elsewhere_than_on_loopback_every_request_needs_a_key(own: Home):
    with serving(own.path, "--host", "0.0.0.0") as server:
        assert status(server) == 401


def test_only_a_hash_of_a_key_is_kept(own: Home):
    key = added(own, "app", "--scope", "read", "--rate", "2.5")
    assert key.encode() not in (own.path / "keys.sqlite").read_bytes()
    listed = own.songify("keys", "list").out
    assert "app" in listed
    assert "2.5" in listed
    assert key not in listed


def test_wrong_usage_is_said(own: Home):
    added(own, "app", "--scope", "read")
    for words in (
        ("add", "app", "--scope", "read"),
        ("add", "x", "--scope", "write"),
        ("add", "x", "--scope", "read", "--rate", "0"),
        ("revoke", "x"),
    ):
        result = own.songify("keys", *words)
        assert (result.status, result.out) == (2, ""), words
        assert "songify: " in result.err


def test_a_place_where_it_cannot_listen_is_said(own: Home):
    with serving(own.path) as server:
        taken = own.songify("serve", "--port", str(server.port))
    assert taken.status == 2
    assert "cannot listen there" in taken.err


def test_before_the_first_publication_it_says_so_and_then_serves(tmp_path: Path, home: Path):
    empty = tmp_path / "home"
    empty.mkdir()
    with serving(empty) as server:
        heard = server.get("/v1/health")
        assert (heard.status, heard.headers["retry-after"]) == (503, "5")
        assert "nothing has been published yet" in heard.json["detail"]
        assert server.get("/openapi.json").status == 200
        (empty / "warehouse.duckdb").write_text("no warehouse")
        until(lambda: "cannot be opened" in server.get("/v1/answers").json["detail"])
        (empty / "new.duckdb").write_bytes((home / "warehouse.duckdb").read_bytes())
        (empty / "new.duckdb").replace(empty / "warehouse.duckdb")
        until(lambda: server.get("/v1/health").status == 200)
    assert Settings(home=empty).serve_workers == 1
