"""The counts: what of the log is counted, and how it is added up. They follow from the log and nothing else.

Batches that were committed wait here until somebody reads, or a fifth of a second has gone by; they are added up together.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from songify_assets.errors import SongifyError, unexpected
from songify_assets.live.events import DAY_S, MINUTE_US, SECOND_US
from songify_assets.live.log import Position
from songify_assets.live.records import AT, Refused
from songify_assets.live.seconds import Seconds
from songify_assets.live.steps import Moments, Steps
from songify_assets.live.users import Users

MOST_WAITING = 400_000  # events; more than this are added up by who brings them


@dataclass(frozen=True)
class Counted:
    """A batch of the log that is to be counted."""

    position: Position
    stream: str
    arrived_at: int
    events: pl.DataFrame
    refused: tuple[Refused, ...]


class Counts:
    """All counts, for several threads; `now_us` is the clock, `lateness_us` how late is late."""

    def __init__(
        self, seconds: Seconds, users: Users, steps: Steps, lateness_us: int, now_us: Callable[[], int]
    ) -> None:
        self.seconds, self.users, self.steps = seconds, users, steps
        self.totals: Counter[str] = Counter()  # since this process began
        self.read_to = Position(0, 0)  # added up
        self.lock = threading.RLock()
        self.as_of_us, self.version = 0, 0
        self._lateness_us, self._now_us = lateness_us, now_us
        self._waiting: list[Counted] = []
        self._waiting_events = 0
        self._waiting_lock = threading.Lock()
        self._failure: SongifyError | None = None

    def add(self, batches: Sequence[Counted]) -> None:
        """Takes batches that are in the log, in its order."""
        with self._waiting_lock:
            self._waiting += batches
            self._waiting_events += sum(len(one.events) for one in batches)
        if self._waiting_events > MOST_WAITING:
            self.catch_up()

    def catch_up(self) -> None:
        """Adds up all that waits; `as_of_us` is an instant up to which all that was committed is counted then."""
        with self.lock:
            self.check()
            now_us = self._now_us()
            with self._waiting_lock:
                waiting, self._waiting, self._waiting_events = self._waiting, [], 0
            try:
                self._add_up(waiting, now_us)
            except Exception as error:
                # Half of it may be added: what is counted from here on would be wrong. The next start counts again.
                self._failure = unexpected(error, "the counts")
                raise self._failure from error

    def check(self) -> None:
        """SongifyError if something went wrong in adding up, so that no count is right any more."""
        if self._failure is not None:
            raise self._failure

    def _add_up(self, waiting: Sequence[Counted], now_us: int) -> None:
        self.seconds.advance(now_us // SECOND_US)
        first_minute = self.seconds.first // 60
        self.users.advance(first_minute)
        self.steps.advance(first_minute)
        for stream, add in (("logins", self._add_logins), ("steps", self._add_steps)):
            batches = [one for one in waiting if one.stream == stream]
            if any(len(one.events) for one in batches):
                add(_together(batches, self._lateness_us), first_minute)
        for one in waiting:
            self.totals[f"accepted {one.stream}"] += len(one.events)
            self.totals[f"refused {one.stream}"] += len(one.refused)
        if waiting:
            self.read_to = waiting[-1].position
            self.version += 1
        self.as_of_us = now_us

    def _add_logins(self, events: pl.DataFrame, first_minute: int) -> None:
        old = events.filter("is_old")
        for minute, country, count in old.group_by(pl.col("arrived_at") // MINUTE_US, "country").len().iter_rows():
            self.seconds.add_too_old(minute, country, count)
        self.totals["too_old"] += len(old)
        kept = events.filter(~pl.col("is_old"))
        if kept.is_empty():
            return
        seconds = kept.group_by("second", "country").agg(
            pl.len().alias("events"), pl.col("is_late").sum().alias("late")
        )
        numbers = [seconds[name].to_numpy().astype(np.int64) for name in ("second", "events", "late")]
        self.seconds.add(numbers[0], seconds["country"].to_list(), numbers[1], numbers[2])
        self.totals["late"] += int(numbers[2].sum())
        users = (
            kept.select(pl.col("second") // 60, "country", "user_id").unique()
            .group_by("second", "country").agg("user_id")
        )  # fmt: skip
        for minute, country, user_ids in users.iter_rows():
            if minute >= first_minute:
                self.users.add(minute, country, user_ids)

    def _add_steps(self, events: pl.DataFrame, first_minute: int) -> None:
        self.totals["too_old"] += int(events["is_old"].sum())
        self.totals["late"] += int((events["is_late"] & ~events["is_old"]).sum())
        took, minute = pl.col("duration_ms"), pl.col("second") // 60
        is_in_window = ~pl.col("is_old") & (minute >= first_minute)
        groups = events.group_by(pl.when(is_in_window).then(minute), "feature", "step").agg(
            pl.len(), took.mean().alias("mean"), (took - took.mean()).pow(2).sum().alias("m2"),
            took.min().alias("least"), took.max().alias("most"), took.alias("numbers"),
        )  # fmt: skip
        moments = groups.drop("numbers").iter_rows()
        for (at, feature, step, *rest), numbers in zip(moments, groups["numbers"], strict=True):
            self.steps.add(at, (feature, step), Moments(*rest), np.array(numbers))


def _together(batches: Sequence[Counted], lateness_us: int) -> pl.DataFrame:
    """The events of batches in one frame, with what their arrival makes of them."""
    arrived = np.repeat([one.arrived_at for one in batches], [len(one.events) for one in batches])
    events = pl.concat([one.events for one in batches], rechunk=True).with_columns(pl.Series("arrived_at", arrived))
    return with_arrival(events, lateness_us)


def with_arrival(events: pl.DataFrame, lateness_us: int) -> pl.DataFrame:
    """Events with the second they happened in, and whether they came late or were too old, by `arrived_at`."""
    at = pl.col(AT).to_physical()
    minute_end = (at // MINUTE_US + 1) * MINUTE_US
    return events.with_columns(
        second=at // SECOND_US,
        is_late=pl.col("arrived_at") > minute_end + lateness_us,
        is_old=at < pl.col("arrived_at") - DAY_S * SECOND_US,
    )
