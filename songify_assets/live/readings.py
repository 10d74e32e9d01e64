"""The answers to those who read: totals, buckets and step times, each as of an instant at most a second ago."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from songify_assets.errors import SongifyError
from songify_assets.live.counts import Counts
from songify_assets.live.problems import unavailable
from songify_assets.live.records import countries, instants
from songify_assets.live.seconds import Numbers
from songify_assets.live.steps import told
from songify_assets.live.users import ALL, estimate
from songify_assets.serving.problems import wrong_query

GRAINS = {"second": 1, "minute": 60, "hour": 3600}
SCOPES = ("window", "all")
Query = Mapping[str, str]
Row = dict[str, Any]
Flags = npt.NDArray[np.bool_]


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

    def has(self, starts_s: Numbers) -> Flags:
        """Whether buckets that start then are asked for."""
        starts_us, flags = starts_s * 1_000_000, np.full(len(starts_s), True)
        if self.since_us is not None:
            flags &= starts_us >= self.since_us
        if self.until_us is not None:
            flags &= starts_us < self.until_us
        return flags


class Sums(NamedTuple):
    """Events and late ones of a country, or of all of them, by bucket from the first one on."""

    country: str | None
    first: int
    events: Numbers
    late: Numbers


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
        read = self._as_of(lambda: {"sums": self._sums(asked), "users": self._users(asked.span_s)})
        rows = [row for sums in read["sums"] for row in _rows(asked, sums, read["users"])]
        return {"data": sorted(rows, key=lambda row: row["at"]), "as_of": read["as_of"]}

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

    def _sums(self, asked: Asked) -> list[Sums]:
        """For each country, or for all of them: the number of the first bucket, and events and late ones of each."""
        seconds = self._counts.seconds
        if asked.by_country and not asked.country:
            wanted = sorted(seconds.countries, key=lambda one: (one is None, one))
        else:
            wanted = [asked.country or ALL]
        first, sums = seconds.first // asked.span_s, []
        for country in wanted:
            counts = seconds.window(country, country == ALL)
            buckets = (seconds.first + np.arange(len(counts[0]))) // asked.span_s - first
            events, late = (np.bincount(buckets, weights=part).astype(np.int64) for part in counts)
            sums.append(Sums(country, first, events, late))
        return sums

    def _users(self, span_s: int) -> dict[int, dict[str | None, float]] | None:
        if span_s == 1:
            return None
        users = self._counts.users.by_minute() if span_s == 60 else self._counts.users.by_hour()
        return {bucket: dict(by_country) for bucket, by_country in users.items()}


def _rows(asked: Asked, sums: Sums, users: dict[int, dict[str | None, float]] | None) -> Iterator[Row]:
    """The buckets of a country that are asked for and not empty."""
    country, first, events, late = sums
    numbers = np.flatnonzero(events)
    starts = (first + numbers) * asked.span_s
    is_asked = asked.has(starts)
    numbers, starts = numbers[is_asked], starts[is_asked]
    texts = np.datetime_as_string(starts.astype("datetime64[s]")).tolist()
    own = {"country": country} if asked.by_country else {}
    columns = numbers.tolist(), texts, events[numbers].tolist(), late[numbers].tolist()
    for number, at, count, late_count in zip(*columns, strict=True):
        if users is None:
            told: tuple[int | None, float | None] = (None, None)
        else:
            told = estimate(users.get(first + number, {}).get(country, 0.0))
        yield {"at": f"{at}Z", **own, "events": count, "users": told[0], "users_error": told[1], "late": late_count}


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
