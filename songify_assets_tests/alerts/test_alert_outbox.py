"""Each message arrives once and in order, whatever is down or restarted meanwhile."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from songify_assets.foundation.alerting.outbox import Outbox, Problem
from songify_assets.foundation.alerting.routing import target_of, targets_of
from songify_assets.orchestration.alerts.delivery import problems_of_urls, send, waiting_in_words
from songify_assets_tests.alerts.receivers import Mail, Web
from songify_assets_tests.home import plain_environment


def problem(name: str, severity="error", groups=()) -> Problem:
    return Problem(name, severity, f"{name} is wrong", "Mend it.", f"http://ui/{name}", groups)


A, B, C = map(problem, "abc")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "alerts.sqlite"


def round_of(path, problems, *urls) -> int:
    """One round of the alerts, by an outbox of its own, as after a restart."""
    outbox, targets = Outbox(path), targets_of(urls)
    outbox.reconcile(problems, targets)
    return outbox.deliver(targets, send, 20)


def test_a_problem_is_told_once_and_so_is_its_end(path):
    web, mail = Web(), Mail()
    with web.up(), mail.up():
        for problems in ([A], [A], [A, B], [B], [B], [A, B]):
            round_of(path, problems, web.url, mail.url)
    expected = ["a is wrong", "b is wrong", "over: a is wrong", "a is wrong"]
    assert web.titles == expected
    assert mail.titles == expected
    assert [one["type"] for one in web.received] == ["failure", "failure", "success", "failure"]
    assert "Mend it." in mail.received[0].get_content()
    assert "http://ui/a" in mail.received[0].get_content()


def test_what_a_server_that_is_down_misses_arrives_later_once_and_in_order(path):
    web, mail = Web(), Mail()
    with mail.up():
        round_of(path, [A], web.url, mail.url)
        round_of(path, [A, B], web.url, mail.url)
        round_of(path, [B], web.url, mail.url)
    waiting = Outbox(path).undelivered()
    assert [(one.title, one.attempts) for one in waiting] == [
        ("a is wrong", 3),
        ("b is wrong", 0),
        ("over: a is wrong", 0),
    ]
    assert waiting_in_words(waiting) == "3 waiting for json://127.0.0.1 (Connection refused)"
    with web.up(), mail.up():
        assert round_of(path, [B], web.url, mail.url) == 3
        assert round_of(path, [B], web.url, mail.url) == 0
    assert web.titles == mail.titles == ["a is wrong", "b is wrong", "over: a is wrong"]


def test_real_processes_that_die_send_each_message_once(path):
    """Each round is a process that is killed as soon as it has sent what it could."""
    web, script = (
        Web(),
        "from songify_assets_tests.alerts.test_alert_outbox import *; import os, signal; from pathlib import Path",
    )
    for number in range(1, 5):
        if number == 3:
            continue
        ran = run(
            f"{script}; round_of(Path({str(path)!r}), [A, B, C][:{number}], {web.url!r}); os.kill(os.getpid(), 9)"
        )
        assert ran.returncode == -9, ran.stderr
    with web.up():
        for _ in range(2):
            run(f"{script}; round_of(Path({str(path)!r}), [A, B, C], {web.url!r}); os.kill(os.getpid(), 9)")
    assert web.titles == ["a is wrong", "b is wrong", "c is wrong"]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=plain_environment()
    )


def test_many_at_once_are_one_message(path):
    web = Web()
    many = [problem(f"p{number}", "warning" if number < 4 else "error") for number in range(6)]
    with web.up():
        round_of(path, many, web.url)
        round_of(path, [*many, A], web.url)
        round_of(path, [A], web.url)
    assert web.titles == ["6 new problems, 2 of them errors", "a is wrong", "over: 6 problems"]
    lines = web.received[0]["message"].splitlines()
    assert [line.split(":")[0] for line in lines] == ["error"] * 2 + ["warning"] * 4
    assert all(f"p{number} is wrong" in web.received[2]["message"] for number in range(6))


def test_five_are_five_messages(path):
    web = Web()
    with web.up():
        round_of(path, [problem(f"p{number}") for number in range(5)], web.url)
    assert len(web.titles) == 5


def test_each_address_gets_what_it_wants(path):
    everything, royalties, errors = Web(), Web(), Web()
    urls = [everything.url, f"{royalties.url}?alert_group=royalties", f"{errors.url}?alert_severity=error"]
    odd, wrong, daemon = (
        problem("odd", "warning", ("vendor",)),
        problem("wrong", groups=("royalties",)),
        problem("daemon"),
    )
    with everything.up(), royalties.up(), errors.up():
        round_of(path, [odd, wrong, daemon], *urls)
        round_of(path, [], *urls)
    assert set(everything.titles[:3]) == {"odd is wrong", "wrong is wrong", "daemon is wrong"}
    assert set(royalties.titles[:2]) == set(errors.titles[:2]) == {"wrong is wrong", "daemon is wrong"}
    assert [len(one.titles) for one in (everything, royalties, errors)] == [6, 4, 4]


def test_a_warning_that_becomes_an_error_is_told_again(path):
    everything, errors = Web(), Web()
    urls = [everything.url, f"{errors.url}?alert_severity=error"]
    with everything.up(), errors.up():
        for problems in ([problem("a", "warning")], [A], [problem("a", "warning")], []):
            round_of(path, problems, *urls)
    assert everything.titles == ["a is wrong", "a is wrong", "over: a is wrong"]
    assert errors.titles == ["a is wrong", "over: a is wrong"]


def test_a_new_address_is_told_what_is_open_and_an_old_one_is_forgotten(path):
    old, new = Web(), Web()
    with new.up():
        round_of(path, [A], old.url)
        round_of(path, [A], new.url)
    assert new.titles == ["a is wrong"]
    assert Outbox(path).undelivered() == []


def test_two_processes_at_once_send_each_message_once(path):
    web = Web()
    problems = [problem(f"p{number}") for number in range(5)]
    Outbox(path).reconcile(problems, targets_of([web.url]))
    with web.up(), ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: Outbox(path).deliver(targets_of([web.url]), send, 20), range(4)))
    assert sorted(web.titles) == sorted(one.title for one in problems)


def test_no_round_takes_longer_than_it_may(path):
    targets = targets_of([f"json://host{number}" for number in range(3)])
    outbox = Outbox(path)
    outbox.reconcile([A, B], targets)
    assert outbox.deliver(targets, lambda target, message: None, within_s=-1) == 0
    assert len(outbox.undelivered()) == 6


def test_the_file_holds_no_password(path):
    web = Web()
    round_of(path, [A], web.url)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    held = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"json://127.0.0.1" in held
    assert b"geheim" not in held
    assert "geheim" not in repr(target_of(web.url))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("carrier-pigeon://user:geheim123@host", "Apprise knows no service 'carrier-pigeon'"),
        ("slack://geheim123", "Slack"),
        ("mailto://user:geheim123@127.0.0.1/?from=me@b.c", "From"),
        ("nothing", "Apprise knows no service"),
        ("json://user:geheim123@host?alert_severity=fatal", "it can be error or warning"),
    ],
)
def test_an_address_that_is_wrong_is_explained_without_its_password(path, url, says):
    (found,) = problems_of_urls(["json://host", url])
    assert says in found
    assert "address 2" in found
    assert "geheim" not in found
    round_of(path, [A], url)
    assert "geheim" not in str(Outbox(path).undelivered())


def test_addresses_that_are_right_have_no_problems():
    assert problems_of_urls([Web().url, Mail().url, f"{Web().url}?alert_group=a&alert_owner=team:b"]) == []
