"""Funnels as they may be declared: of more steps, by session, in any time zone."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from songify_assets.datasets.engagement.declared import Funnel, pages
from songify_assets.datasets.engagement.transforms.funnels import follow

START = datetime(2021, 12, 1, 10, tzinfo=UTC)
CALENDAR = pl.LazyFrame({"product": ["listening"], "date": [date(2021, 12, 9)]})


def reached(
    funnel: Funnel, *events: tuple[int, str, int], timezone: str = "Europe/Stockholm"
) -> list[tuple[object, ...]]:
    """Who reached which step, and its state; an event is its session, page and hour after the start."""
    rows = [
        {"user_id": "u", "session_id": session, "item_in_session": place, "occurred_at": START + timedelta(hours=hour), "page": page}
        for place, (session, page, hour) in enumerate(events)
    ]  # fmt: skip
    log = pl.LazyFrame(rows, schema_overrides={"occurred_at": pl.Datetime("us", "UTC")})
    steps = follow([funnel], {"listening": log}, CALENDAR, timezone)
    return steps.select("entry", "step", "state").sort("entry", "step").collect().rows()


def test_each_step_is_the_first_after_the_one_before():
    funnel = Funnel("three", "listening", pages("A", "B", "C"))
    found = reached(funnel, (1, "C", 0), (1, "B", 1), (1, "A", 2), (1, "C", 3), (1, "B", 4), (1, "C", 5))
    assert found == [("u", 1, "converted"), ("u", 2, "converted"), ("u", 3, "converted")]


def test_by_session_a_step_in_another_session_does_not_count():
    events = (1, "A", 0), (2, "A", 1), (2, "B", 2)
    by_session = Funnel("two", "listening", pages("A", "B"), by="session")
    assert reached(by_session, *events) == [("u 1", 1, "dropped"), ("u 2", 1, "converted"), ("u 2", 2, "converted")]
    assert reached(Funnel("two", "listening", pages("A", "B")), *events) == [
        ("u", 1, "converted"),
        ("u", 2, "converted"),
    ]


@pytest.mark.parametrize(("hour", "state"), [(0, "dropped"), (8 * 24, "open")])
def test_an_entry_is_open_while_its_window_ends_after_the_newest_day(hour: int, state: str):
    assert reached(Funnel("two", "listening", pages("A", "B")), (1, "A", hour)) == [("u", 1, state)]


def test_a_day_may_begin_at_one_in_the_night():
    calendar = pl.LazyFrame(
        {"product": ["listening"], "date": [date(2023, 4, 27)]}
    )  # Cairo's clocks went forward at its end
    log = pl.LazyFrame(
        {"user_id": ["u"], "session_id": [1], "item_in_session": [1], "page": ["A"],
         "occurred_at": [datetime(2023, 4, 20, 21, 30, tzinfo=UTC)]},
        schema_overrides={"occurred_at": pl.Datetime("us", "UTC")},
    )  # fmt: skip
    steps = follow([Funnel("two", "listening", pages("A", "B"))], {"listening": log}, calendar, "Africa/Cairo")
    assert steps.collect()["state"].to_list() == ["dropped"]
