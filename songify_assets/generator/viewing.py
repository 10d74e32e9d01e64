"""The film-streaming start-up: its users, its films and who streamed what."""

from datetime import date

import numpy as np
import polars as pl

from songify_assets.generator import words
from songify_assets.generator.chance import Index, bits, pick, popular, population, uniform, version, versioned
from songify_assets.generator.feeds import Drop, Feed
from songify_assets.generator.plan import Plan, Span, arrivals, local_day
from songify_assets.generator.texts import choose, joined, local_times

STREAMS, USERS, MOVIES = 300, 800, 90
UNFORGIVEN = words.FILMS.index("Unforgiven")
_HOUR = 3_600_000

USERS_FEED = Feed(
    "users", "csv", key="email", text="last_name", conflicting=(pl.lit("Conflicting").alias("last_name"),)
)
MOVIES_FEED = Feed(
    "movies", "csv", key="title", text="original_language", number="duration_mins",
    impossible=((-1 - pl.col("size_mb")).alias("size_mb"),), conflicting=(pl.lit(1).alias("size_mb"),),
)  # fmt: skip
STREAMS_FEED = Feed(
    "streams", "csv", full_dump=False, key="user_email", text="movie_title", number="size_mb",
    impossible=(pl.col("start_at").alias("end_at"), pl.col("end_at").alias("start_at")),
)  # fmt: skip


def drops(plan: Plan, day: int) -> list[Drop]:
    """What the start-up delivers for a day."""
    users = Span(day, 0, population(plan.linear(USERS), day))
    movies = Span(day, 0, movies_known(plan, day))
    return [
        Drop(USERS_FEED, "users.csv", day, [users], _users),
        Drop(MOVIES_FEED, "movies.csv", day, [movies], _movies),
        Drop(STREAMS_FEED, "streams.csv", day, arrivals(plan, plan.linear(STREAMS), day), _streams),
    ]


def movies_known(plan: Plan, day: int) -> int:
    """How many films have ever been in movies.csv by a day."""
    return population(plan.root(MOVIES), day)


def movie_titles(plan: Plan, what: str, day: int, index: Index, films: Index) -> pl.Series:
    """The titles of films, save for the share that is of films nobody knows."""
    stray = uniform(plan.seed, what + " unknown", index, day)
    known = words.films(movies_known(plan, day))
    films = np.where(stray < plan.share("unknown"), len(known) + index % 5, films)
    return choose((*known, *(f"The Missing Reel, Part {n}" for n in range(1, 6))), films)


def _first_names(plan: Plan, index: Index) -> Index:
    return pick(plan.seed, "first name", index, len(words.FIRST_NAMES))


def _last_names(plan: Plan, index: Index, day: int) -> Index:
    married = version(plan.seed, "last name", index, day, period=400)
    return pick(plan.seed, "last name", versioned(index, married), len(words.LAST_NAMES))


def _emails(plan: Plan, index: Index) -> pl.Series:
    first = choose(words.FIRST_SLUGS, _first_names(plan, index))
    last = choose(words.LAST_SLUGS, _last_names(plan, index, 0))
    domain = choose(words.MAIL_DOMAINS, pick(plan.seed, "domain", index, len(words.MAIL_DOMAINS)))
    return joined(first, ".", last, pl.Series(index), "@", domain)


def _users(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "first_name": choose(words.FIRST_NAMES, _first_names(plan, index)),
            "last_name": choose(words.LAST_NAMES, _last_names(plan, index, day)),
            "email": _emails(plan, index),
        }
    )


def _minutes(plan: Plan, films: Index, day: int) -> Index:
    return 60 + pick(plan.seed, "minutes", films, 100) + version(plan.seed, "cut", films, day, period=200)


def _sizes(plan: Plan, films: Index) -> Index:
    return 400 + pick(plan.seed, "size", films, 1800)


def _movies(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "title": choose(words.films(movies_known(plan, day)), index),
            "duration_mins": _minutes(plan, index, day),
            "original_language": choose(words.LANGUAGES, pick(plan.seed, "language", index, len(words.LANGUAGES))),
            "size_mb": _sizes(plan, index),
        }
    )


def _streams(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    midnight, length = local_day(plan.date(day))
    films = popular(uniform(plan.seed, "film", index, day), movies_known(plan, day))
    users = uniform(plan.seed, "viewer", index, day) ** 2 * population(plan.linear(USERS), day)
    # Most watch in the evening: two dice make a peak at 20:00.
    dice = uniform(plan.seed, "start", index, day) + uniform(plan.seed, "start again", index, day)
    start = ((20 / 24 + (dice - 1) / 2) % 1 * length).astype(np.int64)
    calendar: date = plan.date(day)
    if (calendar.month, calendar.day) == (12, 25):  # the outage that the business asks about
        morning = index % 10 == 0
        films = np.where(morning, UNFORGIVEN, films)
        start = np.where(morning, (5 + uniform(plan.seed, "outage", index) * 7) * _HOUR, start).astype(np.int64)
    start += midnight
    watched = _watched(plan, index, day, _minutes(plan, films, day) * 60_000)
    return pl.DataFrame(
        {
            "movie_title": movie_titles(plan, "stream", day, index, films),
            "user_email": _emails(plan, users.astype(np.int64)),
            "size_mb": _sizes(plan, films) * (0.05 + uniform(plan.seed, "quality", index, day)),
            "start_at": local_times(start),
            "end_at": local_times(start + watched),
        }
    )


def _watched(plan: Plan, index: Index, day: int, film: Index) -> Index:
    """How long a stream lasted: four in five a part of the film, the others paused, up to 20 hours."""
    share = uniform(plan.seed, "watched", index, day)
    paused = (bits(plan.seed, "paused", index, day) % np.uint64(20 * _HOUR)).astype(np.int64)
    return np.where(share < 0.8, film * (0.05 + share * 1.3), film + paused).astype(np.int64)
