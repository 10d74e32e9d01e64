"""The retention triangle: weekly cohorts, added up from counts by first week, on any engine."""

import narwhals as nw

from songify_assets.foundation.engines.derived import Monday, WeeksBetween, derive
from songify_assets.foundation.engines.portable import Frame, portable


@portable
def retain_cohorts(weeks: Frame, calendar: Frame) -> Frame:
    """A row for each weekly cohort and each week from its own to the end of the calendar, from `active_weeks`.

    >>> from datetime import date, timedelta
    >>> import polars as pl
    >>> first, next = date(2021, 11, 29), date(2021, 12, 6)
    >>> weeks = pl.LazyFrame({"product": ["viewing"] * 2, "week": [first, next], "first": [first] * 2, "users": [4, 1]})
    >>> days = pl.LazyFrame({"product": ["viewing"] * 8, "date": [first + timedelta(n) for n in range(8)], "is_complete": [True] * 8})
    >>> retain_cohorts(weeks, days).select("period", "active_users", "retention", "is_complete").collect().rows()
    [(0, 4, 1.0, True), (1, 1, 0.25, False)]
    """
    of, active = ["product", "cohort"], nw.col("active_users").fill_null(0)
    known = weeks.filter(~nw.col("first").is_null()).rename({"first": "cohort"})
    users = known.group_by(*of, "week").agg(active_users=nw.col("users").sum())
    own = users.filter(nw.col("week") == nw.col("cohort"))
    sizes = own.select(*of, nw.col("active_users").alias("cohort_size"))
    complete = derive(calendar, week=Monday("date")).with_columns(is_complete=nw.col("is_complete").cast(nw.Int64))
    every = complete.group_by("product", "week").agg(days=nw.col("is_complete").sum())
    cells = sizes.join(every, on="product").filter(nw.col("week") >= nw.col("cohort"))
    counted = derive(cells, period=WeeksBetween("cohort", "week")).join(users, on=[*of, "week"], how="left")
    return counted.select(
        *of, "period", "cohort_size",
        active_users=active, retention=active / nw.col("cohort_size"), is_complete=nw.col("days") == 7,
    ).sort(*of, "period")  # fmt: skip
