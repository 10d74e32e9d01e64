"""The live tables: events as they landed, their counts and times, and whether the live counts were the same."""

import dagster as dg
import polars as pl

from songify_assets.datasets.live.feeds import LOGINS, LOGINS_COUNTS, STEPS, STEPS_COUNTS
from songify_assets.datasets.live.pictures import days_picture, minutes_picture, parity_picture, times_picture
from songify_assets.datasets.live.transforms.events import count_days, count_minutes, time_steps
from songify_assets.datasets.live.transforms.parity import compare
from songify_assets.foundation.store import Store
from songify_assets.orchestration.declare.inputs import Events, Table
from songify_assets.orchestration.declare.tables import table
from songify_assets.orchestration.ui.drawn import of_newest, of_partition, rows_a_day

LOGGED_IN, STEPPED = "live/logins", "live/steps"
MINUTES, DAILY, TIMES, PARITY = (
    f"live/{name}" for name in ("logins_by_minute", "logins_daily", "step_times", "parity")
)
SHOWN_DAYS = 60


@table(LOGGED_IN, cadence="day", inputs={"delivered": Events(LOGINS)}, picture=rows_a_day(LOGGED_IN))
def logins(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """One login. Source: the segments of `songify live`, each hour; a login belongs to the local day on which it happened.

    Batches that were sent again under their key are there once. What was refused is in the quarantine.
    """
    return delivered.rename({"event_date": "login_date"})


@table(MINUTES, cadence="day", inputs={"logins": Table(LOGGED_IN)}, picture=of_partition(MINUTES, minutes_picture))
def logins_by_minute(logins: pl.LazyFrame) -> pl.LazyFrame:
    """The logins of a minute from a country, and of how many users they are, exactly. Late ones are in their minute."""
    return count_minutes(logins)


@table(DAILY, cadence="day", inputs={"logins": Table(LOGGED_IN)}, picture=of_newest(DAILY, days_picture, SHOWN_DAYS))
def logins_daily(store: dg.ResourceParam[Store], logins: pl.LazyFrame) -> pl.LazyFrame:
    """The logins of a local day from a country, of how many users they are, exactly, and how many of them came late."""
    return count_days(logins, store.settings.live_lateness_seconds)


@table(STEPPED, cadence="day", inputs={"delivered": Events(STEPS)}, picture=rows_a_day(STEPPED))
def steps(delivered: pl.LazyFrame) -> pl.LazyFrame:
    """One step that a user took in a feature, and how long it took. Source: the segments of `songify live`, each hour."""
    return delivered.rename({"event_date": "step_date"})


@table(TIMES, cadence="day", inputs={"steps": Table(STEPPED)}, picture=of_partition(TIMES, times_picture))
def step_times(steps: pl.LazyFrame) -> pl.LazyFrame:
    """How long the steps of a feature took on a local day, exactly: what the live averages and quantiles must come to."""
    return time_steps(steps)


@table(
    PARITY,
    cadence="day",
    inputs={
        "logins_counts": Events(LOGINS_COUNTS),
        "steps_counts": Events(STEPS_COUNTS),
        "logins": Table(LOGGED_IN),
        "steps": Table(STEPPED),
    },
    picture=of_newest(PARITY, parity_picture, SHOWN_DAYS),
)
def parity(
    logins_counts: pl.LazyFrame, steps_counts: pl.LazyFrame, logins: pl.LazyFrame, steps: pl.LazyFrame
) -> pl.LazyFrame:
    """What was counted live of a day, stream and country, beside what landed: events are as many, users within 3 errors.

    Each segment of `songify live` tells what was counted of it. A record that was mended in the quarantine is not compared.
    """
    counted = {LOGINS.name: logins_counts, STEPS.name: steps_counts}
    return compare(counted, {LOGINS.name: logins, STEPS.name: steps})


ASSETS = (logins, logins_by_minute, logins_daily, steps, step_times, parity)
