"""The funnels and features that are followed: what product managers ask for is a few lines here.

A step, or a feature, is a filter on the events of its product: rows of `listening/app_events` that have a user, or of
`viewing/streams` (with `local_time`, the time of day at which the stream started).
"""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal

import polars as pl

Product = Literal["viewing", "listening"]
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Step:
    """A step of a funnel: its name and the events that take it."""

    name: str
    takes: pl.Expr


@dataclass(frozen=True)
class Funnel:
    """A journey of several steps, each to be taken after the one before and less than `window` after the first.

    It is followed `by` user, or by session (of films, where sessions have no number, by user only).
    """

    name: str
    product: Product
    steps: tuple[Step, ...]
    window: timedelta = WEEK
    by: Literal["user", "session"] = "user"


@dataclass(frozen=True)
class Feature:
    """Something that users do or do not do: which events are its use."""

    name: str
    product: Product
    uses: pl.Expr


def page(name: str) -> pl.Expr:
    """The events of a page of the music app."""
    return pl.col("page") == name


def pages(*names: str) -> tuple[Step, ...]:
    """Steps that are pages of the music app, called like them."""
    return tuple(Step(name, page(name)) for name in names)


FUNNELS = (
    Funnel("upgrade", "listening", pages("Upgrade", "Submit Upgrade")),
    Funnel("downgrade", "listening", pages("Downgrade", "Submit Downgrade")),
)
FEATURES = (
    Feature("settings", "listening", page("Settings")),
    Feature("help", "listening", page("Help")),
    Feature("upgrade_page", "listening", page("Upgrade")),
    Feature("evening", "viewing", pl.col("local_time") >= time(18)),
)
FOLLOWED = "\n".join(
    [
        "The funnels that are followed:",
        *(
            f"- **{one.name}** ({one.product}): {', '.join(step.name for step in one.steps)}; {one.window.days} days, by {one.by}"
            for one in FUNNELS
        ),
    ]
)
USED = "\n".join(
    [
        "The features, and which events are their use:",
        *(f"- **{one.name}** ({one.product}): `{one.uses}`" for one in FEATURES),
    ]
)
# How many days after its first one a funnel may end, clocks that are put back included.
DAYS_AFTER = max(funnel.window // timedelta(days=1) + 1 for funnel in FUNNELS)
