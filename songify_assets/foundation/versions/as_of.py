"""Which version of a record a fact sees: the one that was valid on its day."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar, cast

import narwhals as nw
import polars as pl

from songify_assets.foundation.engines.spark_frames import as_of as on_spark
from songify_assets.foundation.keys import NormalizedKey, normalized_key, stable_hash
from songify_assets.foundation.versions.differences import of_several

F = TypeVar("F")


def validity(history: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    """For each key its versions with the days on which a fact sees them: `seen_from` (included) to `seen_until` (not included).

    Together they cover every day: a deleted key is seen in its last version, and before its first dump in its first one.
    """
    first, last = pl.lit(date.min), pl.lit(date.max)
    hashed = history.with_columns(stable_hash(*key, bits=64).alias("__key"))
    once = of_several(hashed, "anti").with_columns(seen_from=first, seen_until=last)
    # Neighbours in sorted order, not windows, which take far longer.
    versions = of_several(hashed).filter(pl.col("event") != "deleted").sort("__key", "delivered_on")
    follows = (pl.col("__key") == pl.col("__key").shift(1)).fill_null(False)
    followed = (pl.col("__key") == pl.col("__key").shift(-1)).fill_null(False)
    more = versions.with_columns(
        seen_from=pl.when(follows).then("delivered_on").otherwise(first),
        seen_until=pl.when(followed).then(pl.col("delivered_on").shift(-1)).otherwise(last),
    )
    return pl.concat([once, more]).drop("delivered_on", "event")


def as_of(
    facts: F,
    history: F,
    *,
    key: Mapping[str, str | NormalizedKey],
    day: str,
    take: Mapping[str, str],
    categories: bool = False,
) -> F:
    """Adds to each fact the attributes of its key as of its day; null where the key was never delivered.

    `key` gives for each key column of the history the column of the facts with its normalised value, or of which that is to be
    made; `day` names the fact's day; `take` maps attributes to new column names. The frames are of any engine.
    With `categories`, texts are left as categories where the engine has them: few texts for many facts.

    >>> history = pl.LazyFrame({"key": ["a", "a"], "pages": [1, 2], "delivered_on": [date(2021, 12, 1), date(2021, 12, 3)],
    ...                         "event": ["added", "changed"]})
    >>> facts = pl.LazyFrame({"of": ["a", "a", "z"], "on": [date(2021, 11, 1), date(2021, 12, 3), date(2021, 12, 3)]})
    >>> as_of(facts, history, key={"key": "of"}, day="on", take={"pages": "pages"}).sort("of", "on").collect()["pages"].to_list()
    [1, 2, None]
    """
    own, versions = (nw.to_native(frame, pass_through=True) for frame in (facts, history))
    if isinstance(own, pl.LazyFrame):
        joined: Any = by_hash(own, versions, key, day, take, categories=categories)
    else:
        joined = on_spark(own, versions, key, day, take)
    return cast(F, nw.from_native(joined) if isinstance(facts, nw.LazyFrame) else joined)


def by_hash(
    facts: pl.LazyFrame,
    history: pl.LazyFrame,
    key: Mapping[str, str | NormalizedKey],
    day: str,
    take: Mapping[str, str],
    *,
    categories: bool = False,
) -> pl.LazyFrame:
    """`as_of` on Polars: a join on hashes of the keys, which fit in memory."""
    columns = history.collect_schema()
    texts = [new for old, new in take.items() if columns[old] == pl.String]
    taken = {new: pl.col(old) for old, new in take.items()}
    # Few texts for many keys: as categories they take a quarter of the memory.
    versions = (
        validity(history, list(key))
        .select("__key", "seen_from", "seen_until", **taken)
        .cast(dict.fromkeys(texts, pl.Categorical))
    )
    parts = {f"__key_{at}": _column(part) for at, part in enumerate(key.values())}
    keyed = facts.with_columns(**parts).with_columns(stable_hash(*parts, bits=64).alias("__key")).drop(*parts)
    # Left to itself, Polars may hold the facts in memory instead of the versions.
    joined = keyed.join(versions, on="__key", how="left", build_side="force_right")
    seen = pl.col("seen_from").is_null() | ((pl.col(day) >= pl.col("seen_from")) & (pl.col(day) < pl.col("seen_until")))
    found = joined.filter(seen).drop("__key", "seen_from", "seen_until")
    return found if categories else found.cast(dict.fromkeys(texts, pl.String))


def _column(part: str | NormalizedKey) -> pl.Expr:
    return pl.col(part) if isinstance(part, str) else normalized_key(pl.col(part.column))
