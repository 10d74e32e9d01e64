"""What is kept of a log as it ages: every day while it is hot, then the last snapshot of each week, then of each month.

It is a choice of rows and no average, and follows from the days alone: in whatever steps a log was compacted, the same is left.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

import polars as pl

from songify_assets.foundation.calendar import month_of, next_month, week_of

Stage = Literal["day", "week", "month"]
Period = tuple[Stage, date]


def period_of(day: date, newest: date, hot_days: int, warm_days: int) -> Period:
    """The period of which a day's snapshot may be the last: its week or month, once that lies whole more than so many days back.

    >>> newest = date(2022, 6, 30)
    >>> [period_of(day, newest, 90, 365)[0] for day in (date(2022, 6, 1), date(2022, 3, 1), date(2021, 5, 1))]
    ['day', 'week', 'month']
    """
    month_ends, week_ends = next_month(day) - timedelta(days=1), week_of(day) + timedelta(days=6)
    if (newest - month_ends).days > warm_days:
        return "month", month_of(day)
    if (newest - week_ends).days > hot_days:
        return "week", week_of(day)
    return "day", day


def keep_last(rows: pl.LazyFrame, periods: Mapping[date, Period], key: Sequence[str]) -> pl.LazyFrame:
    """The rows of the newest `day` of each entity in each period; `kept_as` tells what they are the last snapshot of."""
    known = {"day": list(periods), "__stage": [stage for stage, _ in periods.values()]}
    starts = [start for _, start in periods.values()]
    told = pl.LazyFrame({**known, "__start": starts}, schema={"day": pl.Date, "__stage": pl.String, "__start": pl.Date})
    of_period = rows.join(told, on="day")
    newest = of_period.filter(pl.col("day") == pl.col("day").max().over([*key, "__stage", "__start"]))
    return newest.with_columns(kept_as=pl.col("__stage")).drop("__stage", "__start")
