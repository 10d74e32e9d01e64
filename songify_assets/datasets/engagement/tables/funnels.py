"""Multi-step journeys: who enters a funnel, how far they get and how long it takes."""

from datetime import date as Day

import pandera.polars as pa
import polars as pl

from songify_assets.datasets.engagement.tables.activity import PRODUCTS

EVENTS = {"from": ["listening/app_events.page", "listening/app_events.occurred_at", "viewing/streams.start_at"]}
ENTRIES = {
    "from": ["engagement/funnel_steps.state", "engagement/funnel_steps.next_s", "engagement/funnel_steps.total_s"]
}


class FunnelSteps(pa.DataFrameModel):
    """A step that an entry of a funnel reached."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    funnel: str = pa.Field(description="the funnel, as declared in declared.py", metadata=EVENTS)
    entry_date: Day = pa.Field(description="local day of step 1", metadata=EVENTS)
    entry: str = pa.Field(
        description="who entered: the user, or user and session",
        metadata={"from": ["listening/app_events.user_id", "viewing/streams.user_key"]},
    )
    step: int = pa.Field(ge=1, description="the step, from 1", metadata=EVENTS)
    step_name: str = pa.Field(description="its name, of a page that page", metadata=EVENTS)
    state: str = pa.Field(
        isin=["converted", "dropped", "open"],
        description="whether it reached the next step (at the last one: converted), cannot any more, or still may",
        metadata=EVENTS,
    )
    next_s: float = pa.Field(nullable=True, ge=0, description="time to the next step, in seconds", metadata=EVENTS)
    total_s: float = pa.Field(ge=0, description="time since step 1, in seconds", metadata=EVENTS)


class Funnels(pa.DataFrameModel):
    """How many of a day's entries of a funnel reached a step, and what became of them. Days with entries, all steps."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    funnel: str = pa.Field(description="the funnel, as declared in declared.py", metadata=ENTRIES)
    entry_date: Day = pa.Field(
        description="local day of step 1", metadata={"from": ["engagement/funnel_steps.entry_date"]}
    )
    step: int = pa.Field(ge=1, description="the step, from 1", metadata=ENTRIES)
    step_name: str = pa.Field(description="its name, of a page that page", metadata=ENTRIES)
    entered: int = pa.Field(ge=0, description="entries that reached the step", metadata=ENTRIES)
    converted: int = pa.Field(
        ge=0, description="those that reached the next one; of the last step all", metadata=ENTRIES
    )
    dropped: int = pa.Field(ge=0, description="those that did not while their window was open", metadata=ENTRIES)
    open: int = pa.Field(ge=0, description="those that may still do, as their window has not ended", metadata=ENTRIES)
    completion: float = pa.Field(
        nullable=True,
        ge=0,
        le=1,
        description="converted / (converted + dropped); NULL where that is 0",
        metadata=ENTRIES,
    )
    p50_s: float = pa.Field(
        nullable=True,
        ge=0,
        description="median time from the step to the next, of the converted, in seconds",
        metadata=ENTRIES,
    )
    p90_s: float = pa.Field(nullable=True, ge=0, description="90th percentile of it, in seconds", metadata=ENTRIES)
    p99_s: float = pa.Field(nullable=True, ge=0, description="99th percentile of it, in seconds", metadata=ENTRIES)
    total_p50_s: float = pa.Field(
        nullable=True, ge=0, description="median time from step 1, of the entered, in seconds", metadata=ENTRIES
    )
    total_p90_s: float = pa.Field(
        nullable=True, ge=0, description="90th percentile of it, in seconds", metadata=ENTRIES
    )
    total_p99_s: float = pa.Field(
        nullable=True, ge=0, description="99th percentile of it, in seconds", metadata=ENTRIES
    )


class FunnelTimes(pa.DataFrameModel):
    """The same, with the step times as summaries: those of several days merge into the ones of all of them."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    funnel: str = pa.Field(description="the funnel, as declared in declared.py", metadata=ENTRIES)
    entry_date: Day = pa.Field(
        description="local day of step 1", metadata={"from": ["engagement/funnel_steps.entry_date"]}
    )
    step: int = pa.Field(ge=1, description="the step, from 1", metadata=ENTRIES)
    step_name: str = pa.Field(description="its name, of a page that page", metadata=ENTRIES)
    entered: int = pa.Field(ge=0, description="entries that reached the step", metadata=ENTRIES)
    converted: int = pa.Field(
        ge=0, description="those that reached the next one; of the last step all", metadata=ENTRIES
    )
    dropped: int = pa.Field(ge=0, description="those that did not while their window was open", metadata=ENTRIES)
    open: int = pa.Field(ge=0, description="those that may still do, as their window has not ended", metadata=ENTRIES)
    next_times: pl.Binary = pa.Field(
        nullable=True, description="summary of the times to the next step; NULL without entries", metadata=ENTRIES
    )
    total_times: pl.Binary = pa.Field(
        nullable=True, description="summary of the times since step 1; NULL without entries", metadata=ENTRIES
    )


class FunnelTotals(pa.DataFrameModel):
    """The entries of the last 7, 28 and 90 days of the calendar, as a funnel; merged from days without reading events again."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    funnel: str = pa.Field(description="the funnel, as declared in declared.py", metadata=ENTRIES)
    days: int = pa.Field(
        isin=[7, 28, 90], description="over how many days, up to the calendar's last", metadata=ENTRIES
    )
    step: int = pa.Field(ge=1, description="the step, from 1", metadata=ENTRIES)
    step_name: str = pa.Field(description="its name, of a page that page", metadata=ENTRIES)
    entered: int = pa.Field(ge=0, description="entries that reached the step", metadata=ENTRIES)
    converted: int = pa.Field(
        ge=0, description="those that reached the next one; of the last step all", metadata=ENTRIES
    )
    dropped: int = pa.Field(ge=0, description="those that did not while their window was open", metadata=ENTRIES)
    open: int = pa.Field(ge=0, description="those that may still do, as their window has not ended", metadata=ENTRIES)
    completion: float = pa.Field(
        nullable=True,
        ge=0,
        le=1,
        description="converted / (converted + dropped); NULL where that is 0",
        metadata=ENTRIES,
    )
    p50_s: float = pa.Field(
        nullable=True,
        ge=0,
        description="median time from the step to the next, of the converted, in seconds",
        metadata=ENTRIES,
    )
    p90_s: float = pa.Field(nullable=True, ge=0, description="90th percentile of it, in seconds", metadata=ENTRIES)
    p99_s: float = pa.Field(nullable=True, ge=0, description="99th percentile of it, in seconds", metadata=ENTRIES)
    total_p50_s: float = pa.Field(
        nullable=True, ge=0, description="median time from step 1, of the entered, in seconds", metadata=ENTRIES
    )
    total_p90_s: float = pa.Field(
        nullable=True, ge=0, description="90th percentile of it, in seconds", metadata=ENTRIES
    )
    total_p99_s: float = pa.Field(
        nullable=True, ge=0, description="99th percentile of it, in seconds", metadata=ENTRIES
    )
