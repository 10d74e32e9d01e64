"""The answers to those who read: totals, buckets and step times, each as of an instant at most a second ago."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from songify_assets.errors import SongifyError
from songify_assets.live.counts import Counts
from songify_assets.live.problems import unavailable, wrong_query
from songify_assets.live.records import countries, instants
from songify_assets.live.steps import told
from songify_assets.live.users import ALL, estimate

GRAINS = {"second": 1, "minute": 60, "hour": 3600}
SCOPES = ("window", "all")
Query = Mapping[str, str]
Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """Which buckets are asked for."""

    span_s: int
    since_us: int | None
    until_us: int | None
    country: str | None
    by_country: bool

    @classmethod
    def of(cls, query: Query) -> "Asked":
        """What a query says; Problem (400) where it cannot be understood."""
        only(query, "grain", "since", "until", "country", "by")
        grain = query.get("grain", "")
        if grain not in GRAINS:
            raise wrong_query("grain", f"{grain[:40]!r} is no grain", f"It is one of {', '.join(GRAINS)}.")
        if query.get("by", "country") != "country":
            raise wrong_query("by", f"{query['by'][:40]!r} is not known", "It is country, or left out.")
        bounds = [_instant(query, name) for name in ("since", "until")]
        return cls(GRAINS[grain], bounds[0], bounds[1], country_of(query), "by" in query)

    def has(self, start_s: int) -> bool:
        """Whether a bucket that starts then is asked for."""
        start_us = start_s * 1_000_000
        return (self.since_us is None or start_us >= self.since_us) and (
            self.until_us is None or start_us < self.until_us
        )


class Readings:
    """Answers from the counts."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def total(self, query: Query) -> Row:
        """The counts of the window."""
        only(query, "country")
        country = country_of(query)

        def read() -> Row:
            is_all = country is None
            events, late = self._counts.seconds.window(country, is_all)
            users, error = estimate(self._counts.users.window(ALL if is_all else country))
            too_old = self._counts.seconds.too_old(country, is_all)
            counts = {"events": int(events.sum()), "users": users, "users_error": error}
            return {**counts, "late": int(late.sum()), "too_old": too_old}

        return self._as_of(read)

    def logins(self, query: Query) -> Row:
        """The counts of seconds, minutes or hours."""
        asked = Asked.of(query)
        return self._as_of(lambda: {"data": self._buckets(asked)})

    def steps(self, query: Query) -> Row:
        """The times of steps."""
        only(query, "scope")
        scope = query.get("scope", SCOPES[0])
        if scope not in SCOPES:
            raise wrong_query("scope", f"{scope[:40]!r} is no scope", f"It is one of {', '.join(SCOPES)}.")
        steps = self._counts.steps
        return self._as_of(lambda: {"data": told(steps.forever() if scope == "all" else steps.window())})

    def _as_of(self, read: Callable[[], Row]) -> Row:
        with self._counts.lock:
            try:
                self._counts.catch_up()
            except SongifyError as error:
                raise unavailable(error) from None
            return {**read(), "as_of": instant(self._counts.as_of_us)}

    def _buckets(self, asked: Asked) -> list[Row]:
        seconds = self._counts.seconds
        if asked.by_country:
            wanted = [asked.country] if asked.country else sorted(seconds.countries, key=lambda one: (one is None, one))
        else:
            wanted = [asked.country or ALL]
        users = self._users(asked.span_s)
        rows = []
        for country in wanted:
            events, late = seconds.window(country, country == ALL)
            first = seconds.first // asked.span_s
            buckets = (seconds.first + np.arange(len(events))) // asked.span_s - first
            sums = [np.bincount(buckets, weights=part).astype(np.int64).tolist() for part in (events, late)]
            for number in np.flatnonzero(sums[0]).tolist():
                at = (first + number) * asked.span_s
                if asked.has(at):
                    told_country = {"country": country} if asked.by_country else {}
                    counts = {"events": sums[0][number], **users(first + number, country), "late": sums[1][number]}
                    rows.append({"at": instant(at * 1_000_000), **told_country, **counts})
        return sorted(rows, key=lambda row: row["at"])

    def _users(self, span_s: int) -> Callable[[int, str | None], Row]:
        if span_s == 1:
            return lambda number, country: {"users": None, "users_error": None}
        users = self._counts.users.by_minute() if span_s == 60 else self._counts.users.by_hour()

        def read(number: int, country: str | None) -> Row:
            count, error = estimate(users.get(number, {}).get(country, 0.0))
            return {"users": count, "users_error": error}

        return read


def only(query: Query, *names: str) -> None:
    """Problem (400) if a query has a parameter of another name."""
    if unknown := [name for name in query if name not in names]:
        remedy = f"These are known: {', '.join(names) or 'none'}."
        raise wrong_query(unknown[0][:40], "there is no such parameter", remedy)


def country_of(query: Query) -> str | None:
    """The country that a query names, in capitals."""
    text = query.get("country")
    if text is None:
        return None
    country: str | None = countries([text])[0]
    if country is None:
        raise wrong_query("country", f"{text[:40]!r} is no country", "Write it with two letters, such as SE.")
    return country


def _instant(query: Query, name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    # Of a query, a plus that is not percent-encoded is a blank.
    told = int(text) if text.lstrip("-").isdecimal() and len(text) < 20 else _with_plus(text)
    found: int | None = instants([told])[0]
    if found is None:
        remedy = "Write it as RFC 3339 with an offset, such as 2026-11-29T04:00:00Z, or as epoch milliseconds."
        raise wrong_query(name, f"{text[:40]!r} is no instant", remedy)
    return found


def _with_plus(text: str) -> str:
    head, blank, offset = text.rpartition(" ")
    return f"{head}+{offset}" if blank and len(offset) == 5 and "T" in head.upper() else text


def instant(us: int) -> str:
    """Microseconds since 1970 as RFC 3339, in UTC."""
    return datetime.fromtimestamp(us / 1_000_000, UTC).isoformat().replace("+00:00", "Z")
