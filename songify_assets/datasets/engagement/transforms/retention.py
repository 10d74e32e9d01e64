"""Active users of windows, retention of cohorts and churn, added up from counts by first and previous activity."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Literal

import polars as pl

Grain = Literal["day", "week", "month"]
LAST: dict[Grain, int] = {"day": 30, "week": 52, "month": 24}
BRACKETS = ((0, 0), (1, 3), (4, 7), (8, 14), (15, 30))
EVERY: dict[Grain, str] = {"day": "1d", "week": "1w", "month": "1mo"}
WAU, MAU = 7, 28


def count_active(active: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """DAU, WAU and MAU of each day of the calendar, from counts of the days and of those before them (`active_days`)."""
    active, calendar = active.cache(), calendar.cache()
    days = calendar.filter("is_counted").select("product", "date").cache()
    dau = active.group_by("product", "date").agg(dau=pl.col("users").sum())
    for name, span in (("wau", WAU), ("mau", MAU)):
        days = _rolled(active, days, name, span)
    complete = calendar.sort("product", "date").select(
        "product",
        "date",
        wau_is_complete=_all_complete(WAU),
        is_complete=_all_complete(MAU),
    )
    return (
        days.join(dau, on=["product", "date"], how="left")
        .join(complete, on=["product", "date"])
        .with_columns(pl.col("dau").fill_null(0))
        .with_columns(stickiness=pl.when(pl.col("mau") > 0).then(pl.col("dau") / pl.col("mau")))
        .sort("product", "date")
    )


def _rolled(active: pl.LazyFrame, days: pl.LazyFrame, name: str, span: int) -> pl.LazyFrame:
    """The days with the users of the `span` days that end with each: a user counts from a day of theirs on until the window has
    left it, unless the day before that they were active on is in the window, too."""
    length = timedelta(days=span)
    comes = active.select("product", at=pl.max_horizontal("date", pl.col("previous") + length), change="users")
    goes = active.select("product", at=pl.col("date") + length, change=-pl.col("users"))
    changes = pl.concat([comes, goes]).group_by("product", date="at").agg(pl.col("change").sum())
    every = pl.concat([changes, days.select("product", "date", change=pl.lit(0, pl.Int64))]).sort("product", "date")
    sums = every.select("product", "date", pl.col("change").cum_sum().over("product").alias(name))
    return days.join(sums.group_by("product", "date").agg(pl.col(name).last()), on=["product", "date"])


def _all_complete(span: int) -> pl.Expr:
    """Whether all of so many days that end with the day are complete; the calendar's days are in order and without holes."""
    return (pl.col("is_complete").cast(pl.Int64).rolling_sum(span).over("product") == span).fill_null(False)


def retain(days: pl.LazyFrame, weeks: pl.LazyFrame, months: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """Retention of daily, weekly and monthly cohorts in all forms: the cells that have begun, up to period 30, 52 or 24."""
    calendar = calendar.cache()
    daily = _Cells("day", days.rename({"date": "day"}), calendar, LAST["day"])
    weekly, monthly = _Cells("week", weeks, calendar, LAST["week"]), _Cells("month", months, calendar, LAST["month"])
    forms = [form for cells in (daily, weekly, monthly) for form in (cells.exact(), cells.unbounded())]
    return pl.concat([*forms, daily.brackets()]).sort("product", "grain", "form", "cohort", "period")


@dataclass(frozen=True)
class _Cells:
    """The cells of a grain, up to period `last`. `active` has a column named like the grain, `first` and `previous`, which are
    its first days."""

    grain: Grain
    active: pl.LazyFrame
    calendar: pl.LazyFrame
    last: int

    def exact(self) -> pl.LazyFrame:
        """Active in the period."""
        users = self._rows.group_by("product", "cohort", "period").agg(active_users=pl.col("users").sum())
        return self._told("exact", self._begun, users, pl.col("period"))

    def unbounded(self) -> pl.LazyFrame:
        """Active in the period or a later one, up to the last: a user counts up to their last period."""
        comes = self._rows.select("product", "cohort", period=pl.col("before") + 1, change="users")
        goes = self._rows.select("product", "cohort", period=pl.col("period") + 1, change=-pl.col("users"))
        zero = self._begun.select("product", "cohort", "period", change=pl.lit(0, pl.Int64))
        changes = pl.concat([comes, goes, zero]).group_by("product", "cohort", "period").agg(pl.col("change").sum())
        users = changes.sort("product", "cohort", "period").select(
            "product", "cohort", "period", active_users=pl.col("change").cum_sum().over("product", "cohort")
        )
        return self._told("unbounded", self._begun, users, pl.lit(self.last, pl.Int64))

    def brackets(self) -> pl.LazyFrame:
        """Active on one of the bracket's days."""
        brackets = pl.LazyFrame(BRACKETS, schema={"low": pl.Int64, "high": pl.Int64}, orient="row")
        inside = self._rows.join_where(
            brackets,
            pl.col("period") >= pl.col("low"),
            pl.col("period") <= pl.col("high"),
            pl.col("before") < pl.col("low"),
        )
        users = inside.group_by("product", "cohort", period="low").agg(active_users=pl.col("users").sum())
        begun = self._begun.join(brackets.rename({"low": "period"}), on="period")
        return self._told("bracket", begun, users, pl.col("high"))

    @cached_property
    def _rows(self) -> pl.LazyFrame:
        """Counts by cohort, period, and the period `before` in which the users were active (-1: none)."""
        rows = self.active.drop_nulls("first").select(
            "product",
            "users",
            cohort="first",
            period=_between("first", self.grain, self.grain),
            before=_between("first", "previous", self.grain).fill_null(-1),
        )
        return rows.filter(pl.col("period") <= self.last).cache()

    @cached_property
    def _begun(self) -> pl.LazyFrame:
        """The cells that have begun, with the size of their cohort: period 0 has everybody."""
        everybody = self._rows.filter(pl.col("period") == 0)
        sizes = everybody.group_by("product", "cohort").agg(cohort_size=pl.col("users").sum())
        ends = self.calendar.group_by("product").agg(end=pl.col("date").max().dt.truncate(EVERY[self.grain]))
        count = pl.min_horizontal(_between("cohort", "end", self.grain), self.last) + 1
        cells = sizes.join(ends, on="product").with_columns(period=pl.int_ranges(0, count))
        return cells.explode("period").drop("end").cache()

    @cached_property
    def _complete(self) -> pl.LazyFrame:
        return complete_periods(self.calendar, EVERY[self.grain]).cache()

    def _told(self, form: str, begun: pl.LazyFrame, users: pl.LazyFrame, until: pl.Expr) -> pl.LazyFrame:
        """The cells with their users; a cell is complete when the period `until` is."""
        step = {"day": "d", "week": "w", "month": "mo"}[self.grain]
        at = pl.col("cohort").dt.offset_by(pl.format("{}" + step, until))
        cells = begun.join(users, on=["product", "cohort", "period"], how="left").with_columns(at=at)
        return cells.join(self._complete, on=["product", "at"], how="left").select(
            "product", "cohort", "period", "cohort_size",
            pl.lit(self.grain).alias("grain"), pl.lit(form).alias("form"),
            pl.col("active_users").fill_null(0),
            retention=pl.col("active_users").fill_null(0) / pl.col("cohort_size"),
            is_complete=pl.col("is_complete").fill_null(False),
        )  # fmt: skip


def _between(begin: str, end: str, grain: Grain) -> pl.Expr:
    """How many days, weeks or months lie between two of their first days."""
    if grain == "month":
        months = [pl.col(day).dt.year().cast(pl.Int64) * 12 + pl.col(day).dt.month() for day in (begin, end)]
        return months[1] - months[0]
    return (pl.col(end) - pl.col(begin)).dt.total_days() // (7 if grain == "week" else 1)


def complete_periods(calendar: pl.LazyFrame, every: str) -> pl.LazyFrame:
    """The days, weeks or months `at` of which each day is complete."""
    at = pl.col("date").dt.truncate(every)
    length = (at.dt.offset_by(every) - at).dt.total_days()
    days = calendar.filter("is_complete").group_by("product", at=at).agg(pl.len().alias("n"), length=length.first())
    return days.select("product", "at", is_complete=pl.col("n") == pl.col("length"))


def lose_users(months: pl.LazyFrame, before: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """What became of a month's and the month before's users, for each month of the calendar (`active_months` of both)."""
    every = calendar.filter("is_counted").select("product", month=pl.col("date").dt.truncate("1mo")).unique()
    is_new = pl.col("first") == pl.col("month")
    stayed = (pl.col("previous") == pl.col("month").dt.offset_by("-1mo")).fill_null(False)
    now = months.group_by("product", "month").agg(
        retained=pl.col("users").filter(stayed).sum(),
        new=pl.col("users").filter(is_new).sum(),
        returned=pl.col("users").filter(~is_new & ~stayed).sum(),
    )
    then = before.group_by("product", month=pl.col("month").dt.offset_by("1mo")).agg(
        active_before=pl.col("users").sum()
    )
    complete = complete_periods(calendar, "1mo").filter("is_complete")
    ends = complete.select("product", month="at", is_whole=pl.lit(True))
    begins = complete.select("product", month=pl.col("at").dt.offset_by("1mo"), was_whole=pl.lit(True))
    whole = every
    for other in (now, then, ends, begins):
        whole = whole.join(other, on=["product", "month"], how="left")
    counts = ("retained", "new", "returned", "active_before")
    return (
        whole.with_columns(pl.col(counts).fill_null(0), pl.col("is_whole", "was_whole").fill_null(False))
        .with_columns(churned=pl.col("active_before") - pl.col("retained"))
        .with_columns(
            churn_rate=pl.when(pl.col("active_before") > 0).then(pl.col("churned") / pl.col("active_before")),
            is_complete=pl.col("is_whole") & pl.col("was_whole"),
        )
        .sort("product", "month")
    )
