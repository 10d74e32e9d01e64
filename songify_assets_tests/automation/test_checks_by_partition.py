"""Checks of a run of several days: a verdict a day, with how many rows offend, some of them, and how bad that is."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from songify_assets.orchestration.checks.evaluations import failed_evaluations
from songify_assets_tests.automation.product import TRACKS, Product, deliver_plays, product
from songify_assets_tests.home import Home, csv, new_home

DAYS = ("2021-12-01", "2021-12-02", "2021-12-03")
KNOWN, UNKNOWN = "se,a1,60000", "se,nobody,60000"


@pytest.fixture
def one(tmp_path: Path):
    with product(tmp_path / "home") as made:
        yield made


def failed(one: Product, table: str, check: str) -> dict[str | None, dg.AssetCheckEvaluation]:
    key = dg.AssetCheckKey(dg.AssetKey(table.split("/")), check)
    found = failed_evaluations(one.instance)
    return {each.partition: each.evaluation for each in found if each.evaluation.asset_check_key == key}


def shown(one: Product, table: str, check: str) -> dict[str, str]:
    """What the web UI shows of a check: the status of every partition that has one."""
    key = dg.AssetCheckKey(dg.AssetKey(table.split("/")), check)
    found = one.instance.event_log_storage.get_asset_check_partition_info([key])
    return {info.partition_key: info.latest_execution_status.value for info in found if info.partition_key}


def values(evaluation: dg.AssetCheckEvaluation) -> dict[str, Any]:
    return {name: value.value for name, value in evaluation.metadata.items()}


def deliver(one: Product, day: str, unknown: int) -> None:
    deliver_plays(one.home, day, rows=[KNOWN] * (100 - unknown) + [UNKNOWN] * unknown)


def load_facts(one: Product) -> Sequence[dg.RunRequest]:
    one.settle(["royalties_drops"])
    requests = one.tick("follow_ups").run_requests
    for request in requests:
        assert one.run(request).success
    return requests


def test_in_a_range_every_day_has_its_own_verdict_and_a_new_one_replaces_it(one: Product):
    one.home.deliver("royalties", DAYS[0], "tracks.csv", TRACKS)
    one.home.deliver("royalties", DAYS[0], "locations.csv", csv("id,country", "se,SE"))
    for day, unknown in zip(DAYS, (0, 2, 10), strict=True):
        deliver(one, day, unknown)
    assert len(load_facts(one)) == 1, "one run of three days"

    table, check = "royalties/plays", "known_tracks"
    found = failed(one, table, check)
    assert {day: (each.severity.value, values(each)["offenders"]) for day, each in found.items()} == {
        DAYS[1]: ("WARN", 2),
        DAYS[2]: ("ERROR", 10),
    }, "few unknown tracks are odd, many are wrong"
    assert {each.partition for each in found.values()} == set(DAYS[1:])
    assert values(found[DAYS[2]])["some"].count("nobody") == 5, "some of them"
    assert found[DAYS[1]].description.startswith("2 rows break this: The track of every play is in the tracks dump.")
    assert "(2.00% of the rows; above 5% it is an error.)" in found[DAYS[1]].description
    assert shown(one, table, check) == {DAYS[0]: "SUCCEEDED", DAYS[1]: "FAILED", DAYS[2]: "FAILED"}
    for each in ("schema", "known_locations"):
        assert shown(one, table, each) == dict.fromkeys(DAYS, "SUCCEEDED")
    assert row_counts(one, table) == dict.fromkeys(DAYS, 100)

    deliver(one, DAYS[2], 1)
    deliver(one, DAYS[0], 6)
    load_facts(one)
    found = failed(one, table, check)
    assert {day: (each.severity.value, values(each)["offenders"]) for day, each in found.items()} == {
        DAYS[0]: ("ERROR", 6),
        DAYS[1]: ("WARN", 2),
        DAYS[2]: ("WARN", 1),
    }
    deliver(one, DAYS[2], 0)
    load_facts(one)
    assert shown(one, table, check) == {DAYS[0]: "FAILED", DAYS[1]: "FAILED", DAYS[2]: "SUCCEEDED"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = new_home(tmp_path / "home")
    home.deliver("royalties", "2021-11-01", "tracks.csv", TRACKS)
    home.deliver("royalties", "2021-11-01", "locations.csv", csv("id,country", "se,SE"))
    return home


def told(home: Home, **unknown: int) -> str:
    """What `songify load` says of unknown tracks, where so many of 100 plays of a day (`d2021_12_01`) are of such."""
    for name, plays in unknown.items():
        rows = [KNOWN] * (100 - plays) + [UNKNOWN] * plays
        deliver_plays(home, name.removeprefix("d").replace("_", "-"), rows=rows)
    lines = [line for line in home.songify("load").out.splitlines() if "royalties/plays known_tracks" in line]
    return "\n".join(line.replace("The track of every play is in the tracks dump.", "RULE") for line in lines)


WORST = "error:        royalties/plays known_tracks: 2021-12-03: 10 rows break this: RULE (10.00% of the rows; above 5% it is an error.)"


def test_the_line_of_a_check_names_the_worst_of_the_partitions_of_a_run(home: Home):
    assert told(home, d2021_12_01=0, d2021_12_02=2, d2021_12_03=10, d2021_12_04=7) == (
        f"{WORST} The same in 2 more partitions, 19 rows in all."
    )


def test_the_line_of_a_check_names_the_worst_of_several_runs_or_else_the_first(home: Home):
    assert told(home, d2021_11_01=2, d2021_12_03=10) == f"{WORST} The same in 1 more partitions, 12 rows in all."
    assert told(home, d2021_11_01=3, d2021_12_03=4) == (
        "notice:       royalties/plays known_tracks: 2021-11-01: 3 rows break this: RULE (3.00% of the rows; above 5% it is an "
        "error.) The same in 1 more partitions, 7 rows in all."
    )


def test_the_line_of_a_check_names_the_only_partition_of_a_run(home: Home):
    assert told(home, d2021_12_03=10) == WORST


def row_counts(one: Product, table: str) -> dict[str, int]:
    records = one.instance.fetch_materializations(dg.AssetKey(table.split("/")), limit=100).records
    found = {}
    for record in records:
        made = record.asset_materialization
        assert made
        for name in ("dagster/partition_row_count", "dagster/row_count"):
            if name in made.metadata:
                found[made.partition] = made.metadata[name].value
    return found


def test_a_delivery_of_a_third_of_what_is_usual_on_that_weekday_is_a_warning_of_its_own_day(one: Product):
    wednesdays = ("2021-11-03", "2021-11-10", "2021-11-17", "2021-11-24", "2021-12-01")
    for day, rows in zip(wednesdays, (30, 27, 33, 90, 10), strict=True):
        deliver_plays(one.home, day, rows=[KNOWN] * rows)
    deliver_plays(one.home, "2021-12-02", rows=[KNOWN])  # a Thursday is judged by Thursdays, of which there are none
    one.settle(["royalties_drops"])
    found = failed(one, "raw/plays", "volume")
    assert {day: each.severity.value for day, each in found.items()} == {"2021-11-24": "WARN", "2021-12-01": "WARN"}
    assert found["2021-12-01"].description == "10 rows; the median of 4 Wednesdays before is 32."
    assert values(found["2021-12-01"]) == {"accepted": 10, "median_before": 31.5}
    assert not found["2021-12-01"].blocking
    deliver_plays(one.home, "2021-12-01", rows=[KNOWN] * 20)
    one.settle(["royalties_drops"])
    assert set(failed(one, "raw/plays", "volume")) == {"2021-11-24"}


def test_a_dump_is_judged_again_in_its_own_partition_when_the_one_before_it_changes(one: Product):
    def tracks(day: str, number: int) -> None:
        one.home.deliver("royalties", day, "tracks.csv", csv("id,licensor", *(f"t{n},A" for n in range(number))))

    for day, number in zip(DAYS, (10, 5, 10), strict=True):
        tracks(day, number)
    one.settle(["royalties_drops"])
    (held,) = failed(one, "raw/tracks", "mass_delete").items()
    assert (held[0], held[1].severity.value, values(held[1])["missing_keys"]) == (DAYS[1], "ERROR", 5)
    assert held[1].blocking
    tracks(DAYS[0], 6)
    one.settle(["royalties_drops"])
    assert not failed(one, "raw/tracks", "mass_delete")
    assert shown(one, "raw/tracks", "mass_delete") == dict.fromkeys(DAYS, "SUCCEEDED")
    assert one.store.ledger.delivery("tracks", date.fromisoformat(DAYS[1])).status == "accepted"
