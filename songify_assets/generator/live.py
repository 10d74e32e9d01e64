"""The segments that `songify live` would leave of an hour: logins and steps as they arrived, late and refused ones, and their counts."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import numpy as np
import polars as pl

from songify_assets.foundation.sketches import sketch_of
from songify_assets.generator.chance import Index, Mask, Share, pick, popular, uniform
from songify_assets.generator.feeds import Drop, Feed
from songify_assets.generator.plan import TIMEZONE, Plan, Span, local_day
from songify_assets.generator.texts import choose, joined

LOGINS, STEPS, USERS = 2400, 1200, 800
_SECOND, _HOUR = 1_000_000, 3_600_000_000  # microseconds
_IN_TIME, _LONGEST_DELAY, _DAYS_BACK = 3 * _SECOND, 26 * _HOUR, 2
_LATENESS = 120 * _SECOND  # after the beginning of its minute an event is late
_COUNTRIES = ("SE", "DK", "NO", "FI", "DE", "US", "")
_STEPS = ("lesson: video", "lesson: text", "quiz: question", "quiz: result", "upload: file")
_INSTANT = pl.Datetime("us", "UTC")
EVENTS_FEED, COUNTS_FEED = (Feed(name, "parquet", full_dump=False, has_key=False) for name in ("events", "counts"))
_REFUSALS = {"impossible": "in_the_future", "missing_key": "`user_id` is missing"}
Own = Callable[[Plan, Index, Index], dict[str, pl.Series]]


def drops(plan: Plan, day: int) -> list[Drop]:
    """The segments of a day's hours: of each stream one file of events, and one of what was counted of them."""
    start, length = (milliseconds * 1000 for milliseconds in local_day(plan.date(day)))
    made = []
    for hour in range(start, start + length, _HOUR):
        name = f"{datetime.fromtimestamp(hour / _SECOND, UTC):%Y-%m-%dT%H}Z-1.parquet"
        for stream, many, own in (("logins", LOGINS, _login), ("steps", STEPS, _step)):
            spans = [Span(day - back, 0, plan.linear(many)) for back in range(min(day, _DAYS_BACK), -1, -1)]
            arrives = partial(_arrives, stream=stream, many=plan.linear(many), hour=hour)
            events = partial(_events, stream=stream, many=plan.linear(many), own=own)
            made.append(
                Drop(COUNTS_FEED, f"{stream}_counts-{name}", day, spans, partial(_counts, events=events), arrives)
            )
            made.append(Drop(EVENTS_FEED, f"{stream}-{name}", day, spans, events, arrives))
    return made


def _times(plan: Plan, stream: str, many: int, day: int, index: Index) -> tuple[Index, Index]:
    """When events happened and when they arrived, in microseconds."""
    start, length = (milliseconds * 1000 for milliseconds in local_day(plan.date(day)))
    at = start + ((index + uniform(plan.seed, f"{stream} at", index, day)) * (length / many)).astype(np.int64)
    is_late = uniform(plan.seed, f"late {stream}", index, day) < plan.share("late")
    wait: Share = uniform(plan.seed, f"{stream} delay", index, day)
    delay = np.where(is_late, _LATENESS + wait**3 * (_LONGEST_DELAY - _LATENESS), wait * _IN_TIME)
    return at, at + delay.astype(np.int64)


def _arrives(plan: Plan, day: int, index: Index, *, stream: str, many: int, hour: int) -> Mask:
    _, arrived = _times(plan, stream, many, day, index)
    here: Mask = (arrived >= hour) & (arrived < hour + _HOUR)
    return here


def _events(plan: Plan, day: int, index: Index, *, stream: str, many: int, own: Own) -> pl.DataFrame:
    """Events, of which those that were refused have only their reason and their text."""
    at, arrived = _times(plan, stream, many, day, index)
    users = joined("u", pl.Series(popular(uniform(plan.seed, f"{stream} user", index, day), plan.linear(USERS))))
    values = {
        "user_id": users,
        "timestamp": pl.Series(at).cast(_INSTANT),
        **own(plan, index, users.str.tail(-1).cast(pl.Int64).to_numpy()),
    }
    chance, below = uniform(plan.seed, f"refused {stream}", index, day), 0.0
    reason = pl.lit(None, pl.String)
    frame = pl.DataFrame({**values, "arrived_at": pl.Series(arrived).cast(_INSTANT), "chance": pl.Series(chance)})
    for defect, told in _REFUSALS.items():
        below, above = below + plan.share(defect), below
        reason = pl.when(pl.col("chance").is_between(above, below, closed="left")).then(pl.lit(told)).otherwise(reason)
    is_kept = pl.col("refused_reason").is_null()
    lacks_user = pl.col("refused_reason") == _REFUSALS["missing_key"]
    user = pl.when(lacks_user).then(pl.lit("null")).otherwise(pl.concat_str(pl.lit('"'), "user_id", pl.lit('"')))
    ahead = pl.col("timestamp").dt.offset_by("10y").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    sent = pl.concat_str(pl.lit('{"user_id": '), user, pl.lit(', "timestamp": "'), ahead, pl.lit('"}'))
    return frame.with_columns(refused_reason=reason).select(
        *(pl.when(is_kept).then(name) for name in values),
        "arrived_at", "refused_reason",
        refused_raw=pl.when(~is_kept).then(sent),
    )  # fmt: skip


def _login(plan: Plan, index: Index, user: Index) -> dict[str, pl.Series]:
    country = choose(_COUNTRIES, pick(plan.seed, "country", user, len(_COUNTRIES)))
    return {"country": country.replace("", None)}


def _step(plan: Plan, index: Index, user: Index) -> dict[str, pl.Series]:
    which = pick(plan.seed, "step", index, len(_STEPS))
    parts = choose(_STEPS, which).str.split_exact(": ", 1).struct.unnest()
    took = -np.log1p(-uniform(plan.seed, "step time", index)) * (which + 1) * 4000
    return {"feature": parts["field_0"], "step": parts["field_1"], "duration_ms": pl.Series(np.round(took, 3))}


def _counts(plan: Plan, day: int, index: Index, *, events: Callable[[Plan, int, Index], pl.DataFrame]) -> pl.DataFrame:
    """What is counted live of the events that were accepted."""
    kept = events(plan, day, index).filter(pl.col("refused_reason").is_null())
    if "country" not in kept.columns:
        kept = kept.with_columns(country=pl.lit(None, pl.String))
    after = (pl.col("arrived_at") - pl.col("timestamp").dt.truncate("1m")).dt.total_microseconds()
    groups = kept.group_by(
        "country", date=pl.col("timestamp").dt.convert_time_zone(TIMEZONE).dt.date(), maintain_order=True
    )
    told = groups.agg(events=pl.len().cast(pl.Int64), late=(after > _LATENESS).sum().cast(pl.Int64), users="user_id")
    sketches = pl.Series("users_sketch", [sketch_of(users) for users in told["users"]], dtype=pl.String)
    return told.drop("users").with_columns(sketches)
