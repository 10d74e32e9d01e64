"""Statements of closed months: whatever comes afterwards, none changes, and what has moved adds up to its causes."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from songify_assets.datasets.royalties import DATASET
from songify_assets.errors import SongifyError
from songify_assets.foundation.lake import Lake, Table
from songify_assets.foundation.ledger.statements import Source, statements
from songify_assets.foundation.statements import frozen, trouble
from songify_assets.orchestration.closing import MARKET_SHARE, Closing
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.declare.inputs import Frozen, Reader
from songify_assets_tests.datasets.drop import Drop, Record
from songify_assets_tests.datasets.royalties.closed_months import HEADERS, Known, causes_of, shares_of
from songify_assets_tests.properties.engine import Engine, new_engine

CASES, MONTH = 40, date(2021, 12, 1)
DAYS = [date(2021, 12, day) for day in (1, 2, 3)]
DUMPS = [date(2021, 11, 30), *DAYS, date(2022, 1, 2), date(2022, 1, 5)]


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@dataclass
class Months:
    """A home whose months are closed at random moments; `kept` is what had come when each version was made."""

    engine: Engine
    instance: dg.DagsterInstance
    known: dict[tuple[date, str], Drop] = field(default_factory=dict)
    kept: list[Known] = field(default_factory=list)

    def deliver(self, drop: Drop) -> None:
        path = drop.write(self.engine.store.settings.home / "drops" / "royalties", HEADERS[drop.file])
        self.engine.look_at(path, "royalties")
        self.known[drop.delivered_on, drop.file] = drop

    @property
    def closing(self) -> Closing:
        return Closing(self.engine.store, self.engine.catalog, self.engine.triggers)

    def close_or_restate(self) -> None:
        """Closes the month as it is, or restates it; refused where nothing has changed."""
        self.engine.settle()
        if self.kept and shares_of(self.kept[-1]) == shares_of(self.known):
            with pytest.raises(SongifyError, match="nothing has changed"):
                self.closing.restate(MARKET_SHARE, MONTH, by="Ann", reason="random")
            return
        if self.kept:
            self.closing.restate(MARKET_SHARE, MONTH, by="Ann", reason="random")
        else:
            self.closing.close(self.instance, MARKET_SHARE, MONTH, by="Ann", despite="random")
        self.kept.append(dict(self.known))
        self.engine.settle()


def home(folder: Path, instance: dg.DagsterInstance) -> Months:
    return Months(new_engine(folder, 1.0, Catalog([DATASET])), instance)


def random_drop(chance: random.Random) -> Drop:
    """A delivery of plays, locations or tracks; the same day and file is drawn again and again, and so corrected."""
    file = chance.choice(["plays.csv", "plays.csv", "locations.csv", "tracks.csv"])
    if file == "plays.csv":
        plays: list[Record] = [
            {"location_id": chance.choice("lmn"), "track_id": chance.choice("tuv"), "played_ms": chance.choice([59_999, 60_000])}
            for _ in range(chance.randint(1, 8))
        ]  # fmt: skip
        return Drop(file, chance.choice(DAYS), tuple(plays))
    keys, column, values = (
        ("lmn", "country", ["SE", "DK"]) if file == "locations.csv" else ("tuv", "licensor", ["A", "B"])
    )
    some = chance.sample(keys, chance.randint(1, 3))
    return Drop(file, chance.choice(DUMPS), tuple({"id": key, column: chance.choice(values)} for key in sorted(some)))


@pytest.mark.usefixtures("one_core")
@pytest.mark.parametrize("case", range(CASES))
def test_statements_stay_and_what_moved_adds_up_whatever_comes(tmp_path: Path, instance: dg.DagsterInstance, case: int):
    chance = random.Random(case)
    months = home(tmp_path / "home", instance)
    for file, day in (("plays.csv", DAYS[0]), ("tracks.csv", DUMPS[0])):
        drop = random_drop(chance)
        while (drop.file, drop.delivered_on) != (file, day):
            drop = random_drop(chance)
        months.deliver(drop)
    for _ in range(chance.randint(8, 16)):
        if chance.random() < 0.35:
            months.close_or_restate()
        else:
            months.deliver(random_drop(chance))
    months.engine.settle()
    as_the_reference_says(months)


def as_the_reference_says(months: Months) -> None:
    store, states = months.engine.store, [*months.kept, months.known]
    kept = statements(store.ledger, MARKET_SHARE)
    assert [one.version for one in kept] == [*range(1, len(months.kept) + 1)]
    for statement, known in zip(kept, months.kept, strict=True):
        assert trouble(store.lake, statement) == ""
        rows = frozen(store.lake, statement).to_dicts()
        assert {(row["country"], row["licensor"]): (row["plays"], row["country_plays"]) for row in rows} == shares_of(
            known
        )
        assert (statement.rows, statement.closed_by) == (len(rows), "Ann")
        assert {source[:2] for source in statement.deliveries} == {(file.partition(".")[0], day) for day, file in known}
    shown = months.engine.rows("royalties.statements")
    assert Counter(row["version"] for row in shown) == Counter({one.version: one.rows for one in kept if one.rows})
    for table in ("restatements", "restatement_causes"):
        pairs = {(row["version_from"], row["version_to"]) for row in months.engine.rows(f"royalties.{table}")}
        assert pairs <= {(one.version, one.version + 1 if one.version < len(kept) else None) for one in kept}
    for number, (before, after) in enumerate(pairwise(states), 1):
        differences_are_right(months, (number, number + 1 if number < len(kept) else None), before, after)


def differences_are_right(months: Months, pair: tuple[int, int | None], before: Known, after: Known) -> None:
    restated, causes = (of_pair(months, table, pair) for table in ("restatements", "restatement_causes"))
    old, new = shares_of(before), shares_of(after)
    expected = {}
    for place in {*old, *new}:
        (plays, of), (now, of_now) = old.get(place, (0, 1)), new.get(place, (0, 1))
        if (plays, plays / of) != (now, now / of_now):
            expected[place] = (plays, now, pytest.approx(plays / of), pytest.approx(now / of_now), now - plays)
    columns = ("plays_before", "plays_after", "share_before", "share_after", "plays_difference")
    assert {(row["country"], row["licensor"]): tuple(row[name] for name in columns) for row in restated} == expected
    by_cause = Counter[Any]()
    for row in causes:
        by_cause[row["country"], row["licensor"], row["cause"]] += row["plays_difference"]
        file = f"{row['feed']}.csv"
        differing = {
            day for day, of in {*before, *after} if of == file and before.get((day, of)) != after.get((day, of))
        }
        assert row["delivered_on"] in differing, row
    assert {key: number for key, number in by_cause.items() if number} == causes_of(before, after)
    summed = Counter[Any]()
    for row in causes:
        summed[row["country"], row["licensor"]] += row["plays_difference"]
    differences = {(row["country"], row["licensor"]): row["plays_difference"] for row in restated}
    assert {place: number for place, number in summed.items() if number} == {
        place: number for place, number in differences.items() if number
    }


def of_pair(months: Months, table: str, pair: tuple[int, int | None]) -> list[dict[str, Any]]:
    rows = months.engine.rows(f"royalties.{table}")
    return [row for row in rows if (row["month"], row["version_from"], row["version_to"]) == (MONTH, *pair)]


def test_whoever_closes_at_the_same_state_gets_the_same_statement(tmp_path: Path, instance: dg.DagsterInstance):
    digests = set()
    for number in range(3):
        chance = random.Random(number)
        months = home(tmp_path / str(number), instance)
        drops = {
            (drop.delivered_on, drop.file): drop
            for drop in (random_drop(random.Random(seed)) for seed in range(40))
        }  # fmt: skip
        for drop in chance.sample(list(drops.values()), len(drops)):
            months.deliver(drop)
            if chance.random() < 0.3:
                months.engine.settle()
        months.close_or_restate()
        [statement] = statements(months.engine.store.ledger)
        digests.add((statement.digest, statement.deliveries))
    assert len(digests) == 1


PLAY = {"location_id": "l", "track_id": "t", "played_ms": "60000"}
SHOP = ({"id": "l", "country": "SE"},)


def closed_with(months: Months, *drops: Drop) -> None:
    for drop in drops:
        months.deliver(drop)
    months.close_or_restate()


def causes_after(months: Months, *drops: Drop) -> list[tuple[Any, ...]]:
    for drop in drops:
        months.deliver(drop)
    months.engine.settle()
    columns = ("country", "licensor", "cause", "feed", "delivered_on", "plays_difference")
    return [tuple(row[name] for name in columns) for row in months.engine.rows("royalties.restatement_causes")]


def test_a_track_that_becomes_known_moves_its_plays_to_its_licensor(tmp_path: Path, instance: dg.DagsterInstance):
    months = home(tmp_path / "home", instance)
    closed_with(months, Drop("plays.csv", DAYS[0], (PLAY,)), Drop("locations.csv", DAYS[0], SHOP))
    first, later = date(2022, 1, 2), date(2022, 1, 5)
    tracks = [Drop("tracks.csv", day, ({"id": key, "licensor": "A"},)) for day, key in ((later, "t"), (first, "u"))]
    assert causes_after(months, *tracks) == [
        ("SE", None, "tracks_changed", "tracks", later, -1),
        ("SE", "A", "tracks_changed", "tracks", later, 1),
    ]


def test_a_corrected_dump_is_the_cause_of_what_it_moved(tmp_path: Path, instance: dg.DagsterInstance):
    months = home(tmp_path / "home", instance)
    dumps = [Drop("tracks.csv", day, ({"id": "t", "licensor": "A"},)) for day in DAYS]
    plays = [Drop("plays.csv", day, (PLAY,)) for day in DAYS]
    closed_with(months, *dumps, *plays, Drop("locations.csv", DAYS[0], SHOP))
    moved = causes_after(months, Drop("tracks.csv", DAYS[1], ({"id": "t", "licensor": "B"},)))
    assert moved == [
        ("SE", "A", "tracks_changed", "tracks", DAYS[1], -1),
        ("SE", "B", "tracks_changed", "tracks", DAYS[1], 1),
    ], "the dump of the day after says A again"


def test_a_late_day_and_a_corrected_one_have_causes_of_their_own(tmp_path: Path, instance: dg.DagsterInstance):
    months = home(tmp_path / "home", instance)
    tracks = Drop("tracks.csv", DAYS[0], ({"id": "t", "licensor": "A"},))
    closed_with(months, tracks, Drop("locations.csv", DAYS[0], SHOP), Drop("plays.csv", DAYS[0], (PLAY, PLAY)))
    late, corrected = Drop("plays.csv", DAYS[1], (PLAY, PLAY, PLAY)), Drop("plays.csv", DAYS[0], (PLAY,))
    assert causes_after(months, late, corrected) == [
        ("SE", "A", "corrected_plays", "plays", DAYS[0], -1),
        ("SE", "A", "late_plays", "plays", DAYS[1], 3),
    ]


def test_a_restatement_takes_the_difference_over_and_nothing_is_left_to_tell(
    tmp_path: Path, instance: dg.DagsterInstance
):
    months = home(tmp_path / "home", instance)
    closed_with(months, Drop("plays.csv", DAYS[0], (PLAY,)))
    assert len(causes_after(months, Drop("plays.csv", DAYS[0], (PLAY, PLAY)))) == 1
    months.close_or_restate()
    pairs = {(row["version_from"], row["version_to"]) for row in months.engine.rows("royalties.restatements")}
    assert pairs == {(1, 2)}


def test_a_statement_of_which_a_cell_was_changed_is_told_and_not_shown(tmp_path: Path, instance: dg.DagsterInstance):
    months = home(tmp_path / "home", instance)
    closed_with(months, Drop("plays.csv", DAYS[0], (PLAY,)))
    lake, [statement] = months.engine.store.lake, statements(months.engine.store.ledger)
    file = lake.root / "closed" / "royalties" / "market_share" / "2021-12" / "v1" / "rows.parquet"
    frozen(lake, statement).with_columns(plays=7).write_parquet(file)
    assert "the digest is another" in trouble(lake, statement)
    file.unlink()
    assert trouble(lake, statement) == "its file is missing"


def test_packing_a_day_lets_its_statement_share_the_packed_file(tmp_path: Path, instance: dg.DagsterInstance):
    months = home(tmp_path / "home", instance)
    many = tuple({**PLAY, "track_id": f"{number * 7919 % 5003:036}"} for number in range(140_000))
    closed_with(months, Drop("plays.csv", DAYS[0], many))
    lake, day = months.engine.store.lake, str(DAYS[0])
    live = lake.path("royalties/plays", day)
    before = live.stat()
    assert "royalties/plays" in months.engine.compact()
    linked = lake.root / f"closed/royalties/market_share/2021-12/v1/days/royalties/plays/{day}.parquet"
    assert live.stat().st_ino != before.st_ino
    assert linked.samefile(live)


def test_a_statement_names_the_files_that_it_was_computed_from(tmp_path: Path, instance: dg.DagsterInstance):
    months = home(tmp_path / "home", instance)
    other = Drop("plays.csv", date(2022, 1, 2), (PLAY,))
    closed_with(months, Drop("plays.csv", DAYS[0], (PLAY,)), other, Drop("locations.csv", date(2022, 1, 5), SHOP))
    [statement] = statements(months.engine.store.ledger)
    named = [(source.feed, source.delivered_on) for source in statement.deliveries]
    assert named == [("plays", DAYS[0]), ("locations", date(2022, 1, 5))], "plays of another month are no part of it"
    assert all(isinstance(source, Source) and len(source.sha256) == 64 for source in statement.deliveries)


def test_an_upgrade_that_adds_a_column_leaves_statements_as_they_are(tmp_path: Path, instance: dg.DagsterInstance):
    months = home(tmp_path / "home", instance)
    closed_with(months, Drop("plays.csv", DAYS[0], (PLAY,)))
    store, [statement] = months.engine.store, statements(months.engine.store.ledger)
    now = store.lake.tables[MARKET_SHARE]
    wider = Table(MARKET_SHARE, pl.Schema({**now.columns, "territory": pl.String()}), now.partition_column)
    upgraded = replace(store, lake=Lake(store.lake.root, [wider]))
    rows = (
        Frozen(MARKET_SHARE).frame(upgraded, [str(MONTH)], Reader("royalties/statements", "month", "month")).collect()
    )
    assert rows["territory"].to_list() == [None] * statement.rows
    assert rows.drop("territory", "version").equals(frozen(store.lake, statement))
    assert trouble(upgraded.lake, statement) == ""
