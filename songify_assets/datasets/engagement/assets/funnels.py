"""Funnels: how far users get in a journey of several steps, and how long it takes."""

import dagster as dg
import polars as pl

from songify_assets.datasets.engagement.declared import DAYS_AFTER, FOLLOWED, FUNNELS
from songify_assets.datasets.engagement.pictures.usage import funnel_picture
from songify_assets.datasets.engagement.transforms.funnels import count_steps, follow, total_steps
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import Days, Everything, Table, Window
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_table

STEPS, CALENDAR = "engagement/funnel_steps", "engagement/calendar"


@table(
    STEPS,
    cadence="day",
    inputs={
        "events": Window("listening/app_events", after=DAYS_AFTER),
        "streams": Window("viewing/streams", after=DAYS_AFTER),
        "calendar": Days(CALENDAR, after=DAYS_AFTER),
    },
    code_version="2",
)
def funnel_steps(
    store: dg.ResourceParam[Store], events: pl.LazyFrame, streams: pl.LazyFrame, calendar: pl.LazyFrame
) -> pl.LazyFrame:
    """One step that one entry of a funnel reached, and whether it went on. An entry is a user's first step 1 on a local day.

    The next step is the first matching event after the step, less than the funnel's window after step 1. An entry that has not
    gone on is open while its window ends after the newest delivered day, and dropped from then on.
    """
    return follow(FUNNELS, {"listening": events, "viewing": streams}, calendar, store.settings.timezone)


@table("engagement/funnels", cadence="day", inputs={"steps": Table(STEPS)}, notes=FOLLOWED)
def funnels(steps: pl.LazyFrame) -> pl.LazyFrame:
    """How many of a day's entries of a funnel reached each step, went on, dropped or may still go on, and how long it took."""
    return count_steps(steps, FUNNELS, summaries=False)


@table("engagement/funnel_times", cadence="day", inputs={"steps": Table(STEPS)})
def funnel_times(steps: pl.LazyFrame) -> pl.LazyFrame:
    """The funnels of a day with their step times as summaries: those of any days merge into percentiles of all of them."""
    return count_steps(steps, FUNNELS, summaries=True)


@table(
    "engagement/funnel_totals",
    inputs={"days": Everything("engagement/funnel_times"), "calendar": Everything(CALENDAR)},
    picture=of_table("engagement/funnel_totals", funnel_picture),
    code_version="2",
    notes=FOLLOWED,
)
def funnel_totals(days: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """The funnels of the last 7, 28 and 90 days of the calendar together, merged from the days without reading events again.

    Percentiles are exact up to 4,096 times a step, and within 0.3 % of the ranks beyond.
    """
    return total_steps(days, calendar)


ASSETS = (funnel_steps, funnels, funnel_times, funnel_totals)
