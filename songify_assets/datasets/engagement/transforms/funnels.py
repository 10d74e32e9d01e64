"""Funnels: who enters a journey of several steps, how far they get, and how long it takes."""

from collections.abc import Mapping, Sequence

import polars as pl

from songify_assets.datasets.engagement.declared import Funnel
from songify_assets.foundation.sequences import first_after
from songify_assets.foundation.summary import merged_quantiles, summarize
from songify_assets.foundation.sums import seconds_of

SPANS = (7, 28, 90)
SHARES = (0.5, 0.9, 0.99)
SUMMARIES = {"next_times": "", "total_times": "total_"}
STATES = ("converted", "dropped", "open")
# Which columns say who it is, when, and in which order events of one instant come.
SHAPES: Mapping[str, tuple[list[str], str, list[str]]] = {
    "listening": (["user_id", "session_id"], "occurred_at", ["session_id", "item_in_session"]),
    "viewing": (["user_key", "user_key"], "start_at", ["stream_id"]),
}
ENTRIES = pl.Schema(
    {
        "product": pl.String(), "funnel": pl.String(), "entry_date": pl.Date(), "entry": pl.String(), "step": pl.Int64(),
        "step_name": pl.String(), "state": pl.String(), "next_s": pl.Float64(), "total_s": pl.Float64(),
    }
)  # fmt: skip


def follow(
    funnels: Sequence[Funnel], events: Mapping[str, pl.LazyFrame], calendar: pl.LazyFrame, timezone: str
) -> pl.LazyFrame:
    """The steps that the entries of each funnel reached; an entry is the first step 1 of a user (or session) on a local day.

    An entry that may still reach the next step is open: its window ends after the newest delivered day.
    """
    ends = calendar.group_by("product").agg(newest=pl.col("date").max())
    midnight = pl.col("newest").dt.offset_by("1d").cast(pl.Datetime("us"))
    # Where the clocks go forward at midnight, the day begins at one.
    begins = (
        moment.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
        for moment in (midnight, midnight.dt.offset_by("1h"))
    )
    end = ends.select("product", end=pl.coalesce(begins).dt.convert_time_zone("UTC"))
    some = {product: _of_steps(funnels, product, rows) for product, rows in events.items()}
    frames = [_follow(funnel, some[funnel.product], end, timezone) for funnel in funnels]
    return pl.concat([pl.LazyFrame(schema=ENTRIES), *frames])


def _of_steps(funnels: Sequence[Funnel], product: str, events: pl.LazyFrame) -> pl.LazyFrame:
    """The events of users that take any step of a product's funnels: few of all, and read once for all funnels."""
    (user, _), _, _ = SHAPES[product]
    takes = [step.takes for funnel in funnels if funnel.product == product for step in funnel.steps]
    return events.filter(pl.col(user).is_not_null() & pl.any_horizontal(takes or False)).cache()


def _follow(funnel: Funnel, events: pl.LazyFrame, end: pl.LazyFrame, timezone: str) -> pl.LazyFrame:
    places = _places(funnel, events)
    firsts = places.filter("step_0").with_columns(entry_date=pl.col("at").dt.convert_time_zone(timezone).dt.date())
    reached = firsts.group_by("who", "entry_date").agg(
        began=pl.col("at").min(), at=pl.col("at").min(), place=pl.col("place").min()
    )
    whole = reached.with_columns(product=pl.lit(funnel.product)).join(end, on="product")
    may_go_on = pl.col("began") + funnel.window > pl.col("end")
    steps, last = list[pl.LazyFrame](), len(funnel.steps) - 1
    for number, step in enumerate(funnel.steps):
        following = _next(whole, places, number + 1, funnel).cache() if number < last else whole.with_columns(next="at")
        state = (
            pl.when(pl.lit(number == last) | pl.col("next").is_not_null()).then(pl.lit("converted"))
            .when(may_go_on).then(pl.lit("open")).otherwise(pl.lit("dropped"))
        )  # fmt: skip
        took = seconds_of((pl.col("next") - pl.col("at")).dt.total_microseconds())
        steps.append(
            following.select(
                "product", "entry_date", state.alias("state"), funnel=pl.lit(funnel.name), entry="who",
                step=pl.lit(number + 1, pl.Int64), step_name=pl.lit(step.name),
                next_s=took if number < last else pl.lit(None, pl.Float64),
                total_s=seconds_of((pl.col("at") - pl.col("began")).dt.total_microseconds()),
            ).select(ENTRIES.names())
        )  # fmt: skip
        whole = (
            following.filter(pl.col("next").is_not_null()).with_columns(at="next", place="next_place")
            if number < last
            else whole
        )
    return pl.concat(steps)


def _places(funnel: Funnel, events: pl.LazyFrame) -> pl.LazyFrame:
    """The events that take a step, in order: `who`, `at`, `place` in the order, and which steps each takes (`step_0` …)."""
    (user, session), at, ties = SHAPES[funnel.product]
    takes = {f"step_{number}": step.takes.fill_null(False) for number, step in enumerate(funnel.steps)}
    parts = [user] if funnel.by == "user" else [user, session]
    who = pl.concat_str([pl.col(part).cast(pl.String) for part in parts], separator=" ")
    some = events.filter(pl.any_horizontal(takes.values()))
    ordered = some.select(*dict.fromkeys([at, *ties]), who=who, **takes).sort("who", at, *ties)
    return ordered.select("who", *takes, at=at, place=pl.int_range(pl.len())).cache()


def _next(entries: pl.LazyFrame, places: pl.LazyFrame, number: int, funnel: Funnel) -> pl.LazyFrame:
    """Entries with the first event after where they are that takes a step, if it comes in time (`next`, `next_place`)."""
    takers = places.filter(f"step_{number}").select("who", "place", next="at", next_place="place")
    in_time = pl.col("next") < pl.col("began") + funnel.window
    return first_after(entries, takers, "place", "who").with_columns(
        pl.when(in_time).then(name).alias(name) for name in ("next", "next_place")
    )


def count_steps(steps: pl.LazyFrame, funnels: Sequence[Funnel], summaries: bool) -> pl.LazyFrame:
    """How many entries of each day reached each step and what became of them, with the times as percentiles or as `summaries`."""
    names = {
        "product": [funnel.product for funnel in funnels for _ in funnel.steps],
        "funnel": [funnel.name for funnel in funnels for _ in funnel.steps],
        "step": [number for funnel in funnels for number in range(1, len(funnel.steps) + 1)],
        "step_name": [step.name for funnel in funnels for step in funnel.steps],
    }
    declared = pl.LazyFrame(
        names, schema_overrides={"step": pl.Int64, "product": pl.String, "funnel": pl.String, "step_name": pl.String}
    )
    every = steps.select("product", "funnel", "entry_date").unique().join(declared, on=["product", "funnel"])
    times = (
        {"next_times": summarize(pl.col("next_s")), "total_times": summarize(pl.col("total_s"))}
        if summaries
        else {
            name: pl.col(column).quantile(share, "linear")
            for prefix, column in (("", "next_s"), ("total_", "total_s"))
            for name, share in _percentiles(prefix).items()
        }
    )
    counted = steps.group_by("product", "funnel", "entry_date", "step").agg(
        *((pl.col("state") == state).sum().cast(pl.Int64).alias(state) for state in STATES),
        entered=pl.len().cast(pl.Int64), **times,
    )  # fmt: skip
    whole = every.join(counted, on=["product", "funnel", "entry_date", "step"], how="left")
    counts = whole.with_columns(pl.col("entered", *STATES).fill_null(0)).with_columns(completion=_completion())
    return counts.sort("product", "entry_date", "funnel", "step")


def _percentiles(prefix: str) -> dict[str, float]:
    return {f"{prefix}p{share * 100:.0f}_s": share for share in SHARES}


def _completion() -> pl.Expr:
    decided = pl.col("converted") + pl.col("dropped")
    return pl.when(decided > 0).then(pl.col("converted") / decided)


def total_steps(days: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """The same over the last days of each product's calendar, merged from those of the days (`count_steps` with summaries)."""
    counted = calendar.filter("is_counted").select("product", entry_date="date")
    newest = counted.group_by("product").agg(newest=pl.col("entry_date").max())
    dated = days.join(counted, on=["product", "entry_date"], how="semi").join(newest, on="product")
    totals = []
    for span in SPANS:
        inside = dated.filter(pl.col("entry_date") > pl.col("newest").dt.offset_by(f"-{span}d"))
        totals.append(
            inside.group_by("product", "funnel", "step", "step_name")
            .agg(
                pl.col("entered", *STATES).sum(),
                *(merged_quantiles(pl.col(column), _percentiles(prefix)) for column, prefix in SUMMARIES.items()),
            )
            .with_columns(days=pl.lit(span, pl.Int64), completion=_completion())
        )
    return pl.concat(totals).unnest(*SUMMARIES).sort("product", "funnel", "days", "step")
