"""The sensor as a whole, on a real instance and on a real home with a held dump."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from songify_assets.foundation.alerting.outbox import Outbox, Problem
from songify_assets.foundation.alerting.routing import targets_of
from songify_assets.orchestration.alerts.delivery import CHECK, delivery_check, outbox_of, report_delivery
from songify_assets.orchestration.alerts.sensor import alerts_sensor
from songify_assets.orchestration.instance import open_instance
from songify_assets.settings import Settings
from songify_assets_tests.alerts.receivers import Mail, Web
from songify_assets_tests.home import books, csv, new_home, plays

PROBLEM = Problem("a", "error", "a is wrong", "Mend it.", "http://ui/a")


@pytest.fixture
def instance():
    with dg.instance_for_test() as one:
        yield one


def evaluated(instance, settings: Settings) -> str:
    sensor = alerts_sensor(settings)
    data = sensor.evaluate_tick(dg.build_sensor_context(instance=instance))
    assert not data.run_requests
    return data.skip_message or ""


def test_the_sensor_tells_once_and_says_what_it_did(instance, tmp_path):
    web, mail = Web(), Mail()
    settings = Settings(home=tmp_path, alert_urls=(web.url, mail.url))
    assert evaluated(instance, settings) == "0 problems open, 0 messages sent"
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(asset_key=dg.AssetKey("table"), check_name="odd", passed=False)
    )
    with web.up():
        says = "1 problem open, 1 message sent, 1 waiting for mailto://127.0.0.1 (Connection refused)"
        assert evaluated(instance, settings) == says
    with web.up(), mail.up():
        assert evaluated(instance, settings) == "1 problem open, 1 message sent"
        assert evaluated(instance, settings) == "1 problem open, 0 messages sent"
    assert web.titles == mail.titles == ["table: check odd failed"]


def test_the_sensor_works_without_addresses(instance, tmp_path):
    assert evaluated(instance, Settings(home=tmp_path)).endswith("SONGIFY_ALERT_URLS is not set")


def last_verdict(instance) -> bool | None:
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key([CHECK.key]).get(CHECK.key)
    return None if found is None else bool(found.evaluation.passed)


def test_the_check_shows_when_alerts_do_not_get_through(instance, tmp_path):
    outbox, targets = Outbox(tmp_path / "alerts.sqlite"), targets_of([Web().url])
    report_delivery(instance, outbox)
    assert last_verdict(instance) is True
    outbox.reconcile([PROBLEM], targets)
    report_delivery(instance, outbox)
    assert last_verdict(instance) is True, "it may wait for a few minutes"
    outbox.deliver(targets, lambda target, message: "no route", 20)
    for _ in range(3):
        report_delivery(instance, outbox)
    assert last_verdict(instance) is False
    events = instance.event_log_storage.get_asset_check_execution_history(CHECK.key, limit=9)
    assert len(events) == 2, "only a change is reported"
    assert "1 waiting for json://127.0.0.1 (no route)" in (events[0].evaluation.description or "")
    outbox.deliver(targets, lambda target, message: None, 20)
    report_delivery(instance, outbox)
    assert last_verdict(instance) is True


def test_the_check_fails_when_a_message_waits_for_ten_minutes(instance, tmp_path):
    settings = Settings(home=tmp_path)
    outbox = outbox_of(settings)
    outbox.reconcile([PROBLEM], targets_of([Web().url]))

    @dg.asset(key=["warehouse", "published"])
    def published():
        pass

    def passed() -> bool:
        (found,) = dg.materialize(
            [published, delivery_check(settings)], instance=instance
        ).get_asset_check_evaluations()
        assert found.severity == dg.AssetCheckSeverity.WARN
        return found.passed

    assert passed()
    with outbox._transaction() as db:
        db.execute("UPDATE messages SET queued_at = ?", (str(datetime.now(UTC) - timedelta(minutes=11)),))
    assert not passed()


def test_a_message_that_is_never_understood_is_shown_and_does_not_fail_the_sensor(instance, tmp_path):
    settings = Settings(home=tmp_path, alert_urls=("carrier-pigeon://geheim123",))
    outbox_of(settings).reconcile([PROBLEM], targets_of(settings.alert_urls))
    says = evaluated(instance, settings)
    assert "waiting for carrier-pigeon://… (Apprise does not understand this address" in says
    assert "geheim" not in says


def test_a_held_dump_is_told_and_its_approval_too(tmp_path):
    web = Web()
    home = new_home(tmp_path / "home")
    settings = Settings(home=home.path, alert_urls=(web.url,))
    home.deliver("vendor", "2021-12-01", "books.json", books("a", "b", "c", "d"))
    assert home.songify("load").status == 0
    home.deliver("vendor", "2021-12-02", "books.json", books("a"))
    assert home.songify("load").status == 1
    with open_instance(home.path) as instance, web.up():
        evaluated(instance, settings)
        told = next(one for one in web.received if "held" in one["title"])
        assert told["title"] == "raw/books 2021-12-02 is held for approval"
        assert "lacks 3 of the 4 keys" in told["message"]
        assert not [title for title in web.titles if "run" in title], "the check speaks for the run"
        assert home.songify("approve", "raw/books", "2021-12-02", "--reason", "they closed").status == 0
        evaluated(instance, settings)
    assert "over: raw/books 2021-12-02 is held for approval" in web.titles


def test_an_error_that_does_not_block_is_an_error_in_the_text_of_the_load_and_in_the_alert(tmp_path):
    web = Web()
    home = new_home(tmp_path / "home")
    settings = Settings(home=home.path, alert_urls=(web.url,))
    home.deliver("royalties", "2021-12-01", "plays.csv", plays("se,a,60000"))
    home.deliver("royalties", "2021-12-01", "locations.csv", csv("id,country", "se,SE"))
    home.deliver("royalties", "2021-12-01", "tracks.csv", csv("id,licensor", "b,Norr"))
    loaded = home.songify("load")
    line = "error:        royalties/plays known_tracks: 2021-12-01: 1 row"
    assert (loaded.status, line in loaded.out) == (0, True), loaded.text
    with open_instance(home.path) as instance, web.up():
        evaluated(instance, settings)
    [told] = [one for one in web.received if "known_tracks" in one["title"]]
    assert told["type"] == "failure", "Apprise's word for an error"


def test_the_watch_is_a_code_location_of_its_own(tmp_path, monkeypatch):
    from songify_assets.watch import defs

    monkeypatch.setenv("SONGIFY_HOME", str(tmp_path))
    loaded = defs()
    assert [one.name for one in loaded.sensors or ()] == ["alerts"]
    dg.Definitions.validate_loadable(loaded)
