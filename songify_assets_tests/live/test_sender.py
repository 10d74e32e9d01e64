"""`songify generate --live` sends logins and steps that all count once, be some late and some sent twice."""

import os
import re
import signal
from pathlib import Path

import pytest

from songify_assets.errors import SettingsError
from songify_assets.generator.live_sender import send
from songify_assets_tests import warm
from songify_assets_tests.home import new_home, plain_environment
from songify_assets_tests.live.served import Live


def test_what_is_sent_counts_once_and_some_of_it_is_late(tmp_path: Path) -> None:
    live = Live(new_home(tmp_path / "home")).start()
    sent = send(f"http://127.0.0.1:{live.port}", 24_000, lambda _: None, seconds=3)
    total, steps = live.total(), live.get("/v1/live/steps?scope=all")["data"]
    assert (total["events"], sum(step["n"] for step in steps)) == (sent.events["logins"], sent.events["steps"])
    assert sent.events == {"logins": 804, "steps": 396}
    assert total["late"] > 0
    assert total["too_old"] == 0
    live.end()


def test_the_command_sends_until_it_is_interrupted_and_says_how_much(tmp_path: Path) -> None:
    live = Live(new_home(tmp_path / "home")).start()
    argv = ("generate", "--live", f"http://127.0.0.1:{live.port}", "--rate", "6000")
    environment = {**plain_environment(), "SONGIFY_HOME": str(live.home.path)}
    started = warm.start(warm.songify, argv=argv, env=environment, cwd=live.home.path)
    live.until(lambda: live.total()["events"] > 100)
    assert started.process.pid is not None
    os.kill(started.process.pid, signal.SIGINT)
    result = started.result(60)
    assert result is not None
    assert result.status == 0, result.text
    said = re.search(r"([\d,]+) logins and ([\d,]+) steps in [\d,]+ batches", result.out)
    assert said
    # What was interrupted on its way may have counted, too.
    assert 0 <= live.total()["events"] - int(said[1].replace(",", "")) <= 1000
    live.end()


def test_an_address_that_is_none_and_missing_arguments_are_said(tmp_path: Path) -> None:
    for address in ("ftp://x", "http://x:port", "127.0.0.1:8460"):
        with pytest.raises(SettingsError, match=f"'{address}' is no address"):
            send(address, 10, lambda _: None, seconds=1)
    home = new_home(tmp_path / "home")
    lacking = home.songify("generate", "drops", "--days", "2")
    assert (lacking.status, "--scale must be given" in lacking.text) == (2, True)
