"""A dataset beside the others that reads what they read already: what it declares is all that keeps it up to date."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandera.polars as pa
import polars as pl
import pytest

from songify_assets import definitions
from songify_assets.datasets.royalties.feeds import LOCATIONS, PLAYS
from songify_assets.orchestration.declare.datasets import Catalog, Dataset
from songify_assets.orchestration.declare.inputs import Events, Table, Window
from songify_assets.orchestration.declare.tables import table
from songify_assets_tests.automation.product import Product, deliver_plays, product

SENSORS = ("royalties_drops", "follow_ups")
DAYS = ("2021-11-27", "2021-12-01", "2021-12-04")


class ShopMonths(pa.DataFrameModel):
    """The plays of a shop in a month."""

    month: date = pa.Field(description="first day of the month")
    location_id: str = pa.Field(description="the shop")
    plays: int = pa.Field(description="its plays")


class LastDays(pa.DataFrameModel):
    """The plays of a day and of the six days before it."""

    day: date = pa.Field(description="the day")
    plays: int = pa.Field(description="plays of seven days")


@table("shops/months", cadence="month", inputs={"delivered": Events(PLAYS)})
def months(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """Plays a month and shop, from the deliveries."""
    return delivered.group_by("location_id", month=pl.col("event_date").dt.truncate("1mo")).agg(
        plays=pl.len().cast(pl.Int64)
    )


@table("shops/last_days", cadence="day", inputs={"week": Window("royalties/plays", before=6)})
def last_days(week: pl.LazyFrame) -> pl.LazyFrame:
    """Plays of seven days, for each of them that was delivered and the six after it."""
    dated = week.group_by("play_date").agg(n=pl.len().cast(pl.Int64))
    ends = dated.select(day=pl.col("play_date").dt.offset_by("0d"))
    return (
        ends.join(dated, how="cross")
        .filter(pl.col("play_date").is_between(pl.col("day").dt.offset_by("-6d"), pl.col("day")))
        .group_by("day")
        .agg(plays=pl.col("n").sum())
    )


SHOPS = Dataset(
    name="shops",
    owner="team:shops",
    tables={"shops/months": (ShopMonths, "month"), "shops/last_days": (LastDays, "day")},
    assets=(months, last_days),
)


@pytest.fixture
def with_shops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "CATALOG", Catalog([*definitions.CATALOG.datasets, SHOPS]))


def counted(one: Product) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    return sorted(one.at_last("shops/months").rows()), sorted(one.at_last("shops/last_days").rows())


@pytest.mark.usefixtures("with_shops")
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_a_second_table_on_a_feed_and_a_window_of_days_follow_late_and_corrected_deliveries(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    november, december = date(2021, 11, 1), date(2021, 12, 1)
    first, second, third = map(date.fromisoformat, DAYS)
    with product(tmp_path / "home") as one:
        for position in order:
            deliver_plays(one.home, DAYS[position])
            one.settle(SENSORS)
        assert counted(one) == (
            [(november, "se", 2), (december, "se", 4)],
            [(first, 2), (second, 4), (third, 4)],
        )
        deliver_plays(one.home, DAYS[1], rows=["se,a1,60000", "dk,a1,60000", "dk,a1,60000"])
        one.settle(SENSORS)
        assert counted(one) == (
            [(november, "se", 2), (december, "dk", 2), (december, "se", 3)],
            [(first, 2), (second, 5), (third, 5)],
        )


@pytest.mark.parametrize(
    ("feeds", "assets", "says"),
    [
        ((PLAYS, replace(PLAYS, source="shops")), (), "two feeds are called 'plays'"),
        ((LOCATIONS,), (replace(months, key="royalties/locations"),), "two tables are called 'royalties/locations'"),
    ],
)
def test_a_name_that_is_taken_twice_is_told_when_definitions_load(feeds, assets, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Catalog([Dataset("shops", "team:shops", feeds=feeds, assets=assets)])


def test_an_input_that_nothing_makes_is_told_with_who_reads_it() -> None:
    lost = replace(months, inputs={"plays": Table("royalties/playz")})
    with pytest.raises(ValueError, match="shops/months reads royalties/playz, which no feed and no asset makes"):
        definitions.build_triggers(Catalog([Dataset("shops", "team:shops", assets=[lost])]))
