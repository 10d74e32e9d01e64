"""Field types, dialects and paths: what is read, and what is refused with words."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songify_assets.datasets.royalties.feeds import PLAYS
from songify_assets.foundation.delivery.records import check_records
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.money import decimals, half_up, minor_units, split
from songify_assets.foundation.reading.dialect import COMMON, Dialect
from songify_assets.foundation.types import Instant, Money

STOCKHOLM, at = "Europe/Stockholm", datetime.fromisoformat


class Sale(pa.DataFrameModel):
    """A sale with a column of each type."""

    amount_minor: int
    currency: str = pa.Field(nullable=True)
    is_paid: bool = pa.Field(nullable=True)
    rate: Annotated[pl.Decimal, 6, 2] = pa.Field(nullable=True)
    sold_at: Annotated[pl.Datetime, "us", "UTC"] = pa.Field(nullable=True)
    booked_on: date = pa.Field(nullable=True)


TYPES = {"amount_minor": Money("currency"), "sold_at": Instant(unit="s")}
GOOD = {"amount_minor": "1", "currency": "SEK", "is_paid": None, "rate": None, "sold_at": None, "booked_on": None}


def checked(dialect: Dialect = COMMON, **fields: str) -> tuple[list[dict[str, Any]], list[str]]:
    record = pl.DataFrame(
        [{"record": 1, **GOOD, **fields}], schema={"record": pl.UInt64, **dict.fromkeys(GOOD, pl.String)}
    )
    kept, refused = check_records(record, Sale, TYPES, dialect)
    return kept.to_dicts(), [reason for reasons in refused["reasons"] for reason in reasons]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"amount_minor": "1.005"}, "`amount_minor` is '1.005', not an amount of its currency"),
        ({"amount_minor": "1,000"}, "`amount_minor` is '1,000', not an amount of its currency"),
        ({"amount_minor": "7.5", "currency": "JPY"}, "`amount_minor` is '7.5', not an amount of its currency"),
        ({"currency": "XAU"}, "`amount_minor` is '1', not an amount of its currency"),
        ({"currency": ""}, "`amount_minor` is '1', not an amount of its currency"),
        ({"is_paid": "maybe"}, "`is_paid` is 'maybe', not yes or no"),
        ({"rate": "1.505"}, "`rate` is '1.505', not a number of at most 2 decimals"),
        ({"sold_at": "soon"}, "`sold_at` is 'soon', not a time"),
        ({"sold_at": "9" * 17}, f"`sold_at` is '{'9' * 17}', not a time"),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_refused_in_words(fields: dict[str, str], says: str):
    assert checked(**fields) == ([], [says])


@pytest.mark.parametrize(("word", "flag"), [("true", True), (" YES ", True), ("1", True), ("F", False), ("0", False)])
def test_a_flag_is_read_as_people_write_it(word: str, flag: bool):
    assert checked(is_paid=word)[0][0]["is_paid"] is flag


def test_a_file_of_another_dialect_is_read_and_one_with_separators_of_thousands_refused():
    german = Dialect(";", ",", "%d.%m.%Y")
    (row,), reasons = checked(german, amount_minor="12,5", rate="0,10", booked_on="31.12.2021")
    assert (row["amount_minor"], row["rate"], row["booked_on"]) == (1250, Decimal("0.10"), date(2021, 12, 31))
    assert reasons == []
    assert checked(german, amount_minor="1.234,50")[1] == [
        "`amount_minor` is '1.234,50', not an amount of its currency"
    ]
    assert checked(german, booked_on="2021-12-31")[1] == ["`booked_on` is '2021-12-31', not a date"]


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@given(moment=st.datetimes(at("1900-01-01"), at("9999-12-31"), timezones=st.just(ZoneInfo("UTC"))))
def test_an_epoch_number_is_its_instant(unit: str, moment: datetime):
    per_second = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
    number = int(moment.replace(microsecond=0).timestamp()) * per_second
    read = pl.DataFrame({"at": [str(number), f"{number}.0"]}).select(Instant(unit=unit).values("at"))["at"]  # type: ignore[arg-type]
    assert read.to_list() == [moment.replace(microsecond=0)] * 2


@given(st.datetimes(at("2000-01-01"), at("2030-01-01")))
def test_a_time_without_offset_is_that_of_its_zone(wall: datetime):
    read = pl.DataFrame({"at": [wall.isoformat()]}).select(Instant(zone=STOCKHOLM).values("at"))["at"][0]
    zoned = wall.replace(tzinfo=ZoneInfo(STOCKHOLM))
    exists = zoned.astimezone(ZoneInfo("UTC")).astimezone(ZoneInfo(STOCKHOLM)).replace(tzinfo=None) == wall
    assert read == (zoned if exists else None)


@given(st.sampled_from(sorted(decimals())), st.integers(-(10**14), 10**14))
def test_an_amount_with_the_decimals_of_its_currency_is_exact(code: str, minor: int):
    amount = Decimal(minor).scaleb(-decimals()[code])
    read = pl.select(minor_units(pl.lit(f"{amount:f}"), pl.lit(code.lower()))).item()
    assert read == minor


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_a_half_is_rounded_away_from_zero(numerator: int, denominator: int):
    exact = (Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), rounding="ROUND_HALF_UP")
    assert pl.select(half_up(pl.lit(numerator), pl.lit(denominator))).item() == int(exact)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**9), min_size=1, max_size=6).filter(any))
def test_a_split_loses_nothing_and_gives_each_its_due_but_for_one_unit(total: int, weights: list[int]):
    shares = pl.LazyFrame({"of": "x", "total": total, "weight": weights, "at": range(len(weights))})
    parts = split(shares, total="total", weight="weight", over=["of"], order=["at"], part="part").collect().sort("at")
    assert parts["part"].sum() == total
    for part, weight in zip(parts["part"], weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"format": "json", "fields": {"a": "$.a[*].b[*].c"}}, r"a JSON path that cannot be: \$\.a\[\*\]\.b\[\*\]\.c"),
        ({"format": "json", "fields": {"a": "$.a", "b": "$.a.b"}}, r"a JSON path that cannot be: \$\.a\.b"),
        ({"format": "json", "fields": {"a": "plain"}}, "a JSON path that cannot be: plain"),
        ({"types": {"other": Instant(unit="s")}}, "a type for a field that it lacks: other"),
        ({"kind": "keyed", "key": ()}, "no key, which its kind needs: keyed"),
        ({"kind": "report"}, "a group without a report, or none: report"),
        ({"refusals": ("why", "what")}, "refusals, which only Parquet has: csv"),
    ],
)
def test_a_feed_that_contradicts_itself_is_refused_when_it_is_declared(wrong: dict[str, Any], says: str):
    declared = {
        name: getattr(PLAYS, name)
        for name in ("source", "kind", "format", "files", "fields", "model", "conform", "key")
    }
    with pytest.raises(ValueError, match=f"the feed 'plays' declares {says}"):
        Feed(name="plays", **{**declared, **wrong})
