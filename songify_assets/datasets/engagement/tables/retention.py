"""Who comes back: active users, retention and churn."""

from datetime import date as Day

import pandera.polars as pa

from songify_assets.datasets.engagement.tables.activity import PRODUCTS

DAILY = {"from": ["engagement/active_days.users"]}
WEEKLY = {"from": ["engagement/active_weeks.users"]}
MONTHLY = {"from": ["engagement/active_months.users"]}
ALL = {"from": [*DAILY["from"], *WEEKLY["from"], *MONTHLY["from"]]}
COMPLETE = {"from": ["engagement/calendar.is_complete"]}


class ActiveUsers(pa.DataFrameModel):
    """Users who were active on a day, in the 7 days and in the 28 days that end with it; each day of the calendar."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    date: Day = pa.Field(description="local day", metadata={"from": ["engagement/calendar.date"]})
    dau: int = pa.Field(ge=0, description="users active on the day", metadata=DAILY)
    wau: int = pa.Field(ge=0, description="users active on one of the 7 days that end with it", metadata=DAILY)
    mau: int = pa.Field(ge=0, description="users active on one of the 28 days that end with it", metadata=DAILY)
    stickiness: float = pa.Field(
        nullable=True, ge=0, le=1, description="dau / mau; NULL where mau is 0", metadata=DAILY
    )
    is_complete: bool = pa.Field(description="whether all 28 days are over and were delivered", metadata=COMPLETE)
    wau_is_complete: bool = pa.Field(
        description="whether the last 7 of them are over and were delivered", metadata=COMPLETE
    )


class CohortRetention(pa.DataFrameModel):
    """Of the users whose first week in a product was `cohort`, how many were active `period` weeks later."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    cohort: Day = pa.Field(
        description="Monday of the local week of the users' first day, over all data", metadata=WEEKLY
    )
    period: int = pa.Field(ge=0, description="weeks since the cohort's week", metadata=WEEKLY)
    cohort_size: int = pa.Field(gt=0, description="users of the cohort", metadata=WEEKLY)
    active_users: int = pa.Field(ge=0, description="those of them who were active in that week", metadata=WEEKLY)
    retention: float = pa.Field(ge=0, le=1, description="active_users / cohort_size, a fraction", metadata=WEEKLY)
    is_complete: bool = pa.Field(
        description="whether the week has ended and every day of it was delivered", metadata=COMPLETE
    )


class Retention(pa.DataFrameModel):
    """Of the users whose first day (week, month) in a product was `cohort`, how many came back in or after a period."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    grain: str = pa.Field(
        isin=["day", "week", "month"], description="what cohorts and periods are: days, weeks or months"
    )
    form: str = pa.Field(
        isin=["exact", "unbounded", "bracket"],
        description="active in the period; in it or a later one up to the last; on one of the bracket's days",
    )
    cohort: Day = pa.Field(description="the day, Monday, or first of the month of the users' first day", metadata=ALL)
    period: int = pa.Field(
        ge=0, description="days, weeks or months since the cohort's; of a bracket its first day", metadata=ALL
    )
    cohort_size: int = pa.Field(gt=0, description="users of the cohort", metadata=ALL)
    active_users: int = pa.Field(ge=0, description="those of them who were active, as the form says", metadata=ALL)
    retention: float = pa.Field(ge=0, le=1, description="active_users / cohort_size, a fraction", metadata=ALL)
    is_complete: bool = pa.Field(
        description="whether the period (the bracket's last day; of unbounded the last period of all) is over and was delivered",
        metadata=COMPLETE,
    )


class Churn(pa.DataFrameModel):
    """How many users a product lost, kept, gained and won back in a month."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    month: Day = pa.Field(description="first day of the month", metadata={"from": ["engagement/calendar.date"]})
    active_before: int = pa.Field(ge=0, description="users active in the month before", metadata=MONTHLY)
    retained: int = pa.Field(ge=0, description="those of them who were active in the month", metadata=MONTHLY)
    churned: int = pa.Field(ge=0, description="those of them who were not", metadata=MONTHLY)
    new: int = pa.Field(ge=0, description="users whose first day is in the month", metadata=MONTHLY)
    returned: int = pa.Field(
        ge=0, description="users active in the month and not in the one before, but earlier", metadata=MONTHLY
    )
    churn_rate: float = pa.Field(
        nullable=True, ge=0, le=1, description="churned / active_before; NULL where nobody was", metadata=MONTHLY
    )
    is_complete: bool = pa.Field(
        description="whether every day of both months is over and was delivered", metadata=COMPLETE
    )
