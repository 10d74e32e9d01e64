"""A `SONGIFY_LIVE_SOURCE` that cannot be is told before anything begins, and no password is shown anywhere."""

import sys
from pathlib import Path

import pytest

from songify_assets_tests.live.redis_server import RedisServer
from songify_assets_tests.live.served import fresh

WRONG = {
    "kafka://127.0.0.1:9092/?logins=l": "another scheme",
    "redis://": "is not an address",
    "redis://:hidden@127.0.0.1:99999/0?logins=l": "is not an address",
    "redis://:hidden@127.0.0.1:6379/one?logins=l": "is not an address",
    "redis://:hidden@127.0.0.1:6379/0": "names no stream",
    "redis://:hidden@127.0.0.1:6379/0?logins=": "names no stream",
    "redis://:hidden@127.0.0.1:6379/0?logins": "is not an address",
    "redis://:hidden@127.0.0.1:6379/0?logins=l&plays=p": "neither logins nor steps",
    "redis://:h?hidden@127.0.0.1:6379/0?logins=l": "is not an address",
    "redis://:hidden@127.0.0.1:6379/0?logins=l&steps=l": "twice",
    "redis://:hidden@127.0.0.1:6379/0?logins=l&logins=m": "twice",
}


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_source_is_a_wrong_setting(tmp_path: Path, url: str):
    live = fresh(tmp_path)
    told = live.home.songify("live", "--port", "0", SONGIFY_LIVE_SOURCE=url)
    assert told.status == 2
    assert "SONGIFY_LIVE_SOURCE" in told.err
    assert WRONG[url] in told.err
    assert "hidden" not in told.text
    assert len(told.err.splitlines()) == 1


def test_a_missing_package_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from songify_assets.errors import SettingsError
    from songify_assets.live import sources
    from songify_assets.settings import Settings

    monkeypatch.setitem(sys.modules, "redis", None)
    settings = Settings(home=tmp_path, live_source="redis://127.0.0.1:6379/0?logins=l")
    with pytest.raises(SettingsError, match="pip install redis"):
        sources.followers(settings, None, None)  # type: ignore[arg-type]


def test_a_password_is_used_and_never_shown(tmp_path: Path):
    folder = tmp_path / "redis"
    folder.mkdir()
    server, live = RedisServer(folder, password="open-Sesame").start(), fresh(tmp_path)
    try:
        for password, expected in (("open-Sesame", "it is read"), ("wrong-Word", "invalid username-password pair")):
            live.env["SONGIFY_LIVE_SOURCE"] = server.url("logins=l").replace(server.password, password)
            live.start()
            live.until(lambda expected=expected: expected in live.said)
            shown = live.said + live.ask("GET", "/v1/health")[1].decode() + live.ask("GET", "/metrics")[1].decode()
            assert password not in shown
            live.kill()
    finally:
        server.kill()
        if live.started is not None:
            live.kill()
