"""Who was active when: users a day, week and month, their first days, and what of it is counted and complete."""

from datetime import date as Day

import pandera.polars as pa

PRODUCTS = ["viewing", "listening"]
USERS = {"from": ["engagement/user_days.user_id"]}
DAYS = {"from": ["engagement/user_days.date"]}
FIRST = {"from": ["engagement/first_days.first_day"]}
WHEN = {"from": ["viewing/streams.stream_date", "listening/song_plays.play_date"]}
WHO = {"from": ["viewing/streams.user_key", "listening/song_plays.user_id"]}


class UserDays(pa.DataFrameModel):
    """A user who was active on a day: who started at least one stream, or played one song."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    date: Day = pa.Field(description="local day", metadata=WHEN)
    user_id: str = pa.Field(description="the user: user_key of viewing, user_id of listening", metadata=WHO)
    events: int = pa.Field(gt=0, description="streams started, or songs played", metadata=WHEN)
    seconds: float = pa.Field(
        ge=0,
        description="streamed or played, in seconds",
        metadata={"from": ["viewing/streams.duration_s", "listening/song_plays.duration_s"]},
    )


class FirstDays(pa.DataFrameModel):
    """A user of a product and the first day on which they were active, over all data."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    user_id: str = pa.Field(description="the user: user_key of viewing, user_id of listening")
    first_day: Day = pa.Field(description="local day of the first activity", metadata=DAYS)


class Calendar(pa.DataFrameModel):
    """A day of a product, from the first that was delivered or active to the newest delivered one."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    date: Day = pa.Field(description="local day")
    is_counted: bool = pa.Field(
        description="whether it is of the product's calendar: from the first active day on", metadata=FIRST
    )
    is_complete: bool = pa.Field(
        description="whether it was delivered (by a file of that date, or events of that day in any drop) and is over"
    )


class UserWeeks(pa.DataFrameModel):
    """A user who was active in a week."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    week: Day = pa.Field(description="Monday of the local week", metadata=DAYS)
    user_id: str = pa.Field(description="the user", metadata=USERS)


class UserMonths(pa.DataFrameModel):
    """A user who was active in a month."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    month: Day = pa.Field(description="first day of the month", metadata=DAYS)
    user_id: str = pa.Field(description="the user", metadata=USERS)


class ActiveDays(pa.DataFrameModel):
    """How many users were active on a day, by their first day and the last day before on which they were active.

    These counts add up to those of any window of days: who was active before in the window is known from `previous`.
    """

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    date: Day = pa.Field(description="local day", metadata=DAYS)
    first: Day = pa.Field(
        nullable=True, description="their first day; NULL where it lies more than 30 days back", metadata=FIRST
    )
    previous: Day = pa.Field(
        nullable=True,
        description="the last day before on which they were active; NULL where it lies more than 30 days back, or is none",
        metadata=DAYS,
    )
    users: int = pa.Field(gt=0, description="users", metadata=USERS)


class ActiveWeeks(pa.DataFrameModel):
    """How many users were active in a week, by the week of their first day and the last week before in which they were active."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    week: Day = pa.Field(description="Monday of the local week", metadata=DAYS)
    first: Day = pa.Field(description="Monday of the week of their first day", metadata=FIRST)
    previous: Day = pa.Field(
        nullable=True,
        description="the last week before in which they were active; NULL where it lies more than 52 weeks back, or is none",
        metadata=DAYS,
    )
    users: int = pa.Field(gt=0, description="users", metadata=USERS)


class ActiveMonths(pa.DataFrameModel):
    """How many users were active in a month, by the month of their first day and the last month before in which they were active."""

    product: str = pa.Field(isin=PRODUCTS, description="the product")
    month: Day = pa.Field(description="first day of the month", metadata=DAYS)
    first: Day = pa.Field(description="the month of their first day", metadata=FIRST)
    previous: Day = pa.Field(
        nullable=True,
        description="the last month before in which they were active; NULL where it lies more than 24 months back, or is none",
        metadata=DAYS,
    )
    users: int = pa.Field(gt=0, description="users", metadata=USERS)
