"""What a source delivers: the declaration of a feed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Literal

import pandera.polars as pa
import polars as pl

from songify_assets.foundation.reading.dialect import COMMON, Dialect
from songify_assets.foundation.reading.paths import misplaced
from songify_assets.foundation.types import FieldType

COMPRESSIONS = (".gz", ".zst")
Kind = Literal["full dump", "increment", "keyed", "report"]


def as_delivered(records: pl.LazyFrame) -> pl.LazyFrame:
    """Keeps the typed columns as they are."""
    return records


@dataclass(frozen=True)
class Feed:
    """One file of a source, and all the product needs to know to land, read, check and keep it.

    `files` are glob patterns (`books.json`, `*-events.json`, `song_data/**/*.json`) for the path below the drop, without
    compression suffix. `fields` maps each column of `model` to where it is delivered: a header or a column's name, or a JSON path
    (`$.metadata.name`; with `[*]` a list of texts, `$.books[*].metadata.title`, or of objects, `$.actions[*]{action_type,value}`).
    `types` say how texts are read where the model's types do not, `dialect` how a CSV file is written. `conform` turns the typed
    columns into those that are kept (all, if it is left out), row by row; for a full dump these are the entity's columns, the key first. `key` names the
    kept columns that identify a record (empty: every record stands for itself).

    `kind` says what a delivery is: a *full dump* of everything; an *increment* of events, of which those of one key and one day
    count once; *keyed* records, of which the latest delivery of a key counts, also when it moves the record to another day; a
    *report*, whose rows replace all earlier rows of their `group` (kept columns) and day.

    `event_at` names the kept column with the instant an event started, or its day; without it the event date is the delivery
    date. `past` are the instants that cannot lie more than a day after the landing: that of `event_at`, if nothing else is said.
    `since` are further instants that cannot lie more than a day before SONGIFY_START_DATE, as that of an event cannot.
    `describes` says what the columns are that `conform` makes and `model` does not have; it is for people, as are the model's
    descriptions. A feed is delivered every `every_days` days. The tables of a feed belong to the schema that is named like its
    source. `refusals` are the columns of a Parquet file with the reason and the text of records that their sender refused: these go
    to the quarantine as they are told. ValueError for a declaration that contradicts itself.
    """

    name: str
    source: str
    kind: Kind
    format: Literal["csv", "json", "parquet"]
    files: tuple[str, ...]
    fields: Mapping[str, str]
    model: type[pa.DataFrameModel]
    conform: Callable[[pl.LazyFrame], pl.LazyFrame] = as_delivered
    key: tuple[str, ...] = ()
    event_at: str | None = None
    every_days: int = 1
    describes: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, FieldType] = field(default_factory=dict)
    dialect: Dialect = COMMON
    group: tuple[str, ...] = ()
    past: tuple[str, ...] | None = None
    since: tuple[str, ...] = ()
    refusals: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        for wrong, what in (
            (misplaced(self.fields.values()) if self.format == "json" else None, "a JSON path that cannot be"),
            (next((name for name in self.types if name not in self.fields), None), "a type for a field that it lacks"),
            (
                self.kind if self.kind in ("full dump", "keyed") and not self.key else None,
                "no key, which its kind needs",
            ),
            (self.kind if (self.kind == "report") != bool(self.group) else None, "a group without a report, or none"),
            (self.format if self.refusals and self.format != "parquet" else None, "refusals, which only Parquet has"),
        ):
            if wrong is not None:
                raise ValueError(f"the feed '{self.name}' declares {what}: {wrong}")

    @property
    def is_dump(self) -> bool:
        """Whether a delivery holds everything, so that versions follow from it; others hold events."""
        return self.kind == "full dump"

    @property
    def raw(self) -> str:
        """The raw table, `raw/<feed>`."""
        return f"raw/{self.name}"

    @property
    def table(self) -> str:
        """The table of the latest versions (full dump) or of the events (increment), `<schema>/<feed>`."""
        return f"{self.source}/{self.name}"

    @property
    def history(self) -> str:
        """The history table of a full dump."""
        return f"{self.table}_history"

    @cached_property
    def columns(self) -> pl.Schema:
        """The columns that are kept of a record, with their types."""
        delivered = {name: column.dtype.type for name, column in self.model.to_schema().columns.items()}
        return self.conform(pl.LazyFrame(schema=delivered)).collect_schema()

    @cached_property
    def instants_past(self) -> tuple[str, ...]:
        """The kept columns whose instants cannot lie more than a day after the landing."""
        if self.past is not None or self.event_at is None:
            return self.past or ()
        return (self.event_at,) if isinstance(self.columns[self.event_at], pl.Datetime) else ()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The kept text columns that are compared, its own keys and those of others."""
        return tuple(
            name
            for name, dtype in self.columns.items()
            if dtype == pl.String and (name.endswith(("_key", "_id")) or name in self.key)
        )

    @property
    def descriptions(self) -> dict[str, str]:
        """What each kept column means."""
        columns, delivered = self.columns.names(), self.model.to_schema().columns
        found = {
            name: f"{name.removesuffix('_key')} as compared: trimmed, NFKC, case folded, NFKC"
            for name in columns
            if name.endswith("_key")
        }
        found |= {
            name: delivered[name].description for name in columns if name in delivered and delivered[name].description
        }
        return {**found, **self.describes}

    def holds(self, path: str, *, anywhere: bool = False) -> bool:
        """Whether the file at this path below a drop (uncompressed name) is one of this feed's; in a zip it is at any depth."""
        return any(_matches(path, pattern, anywhere) for pattern in self.files)

    def slot(self, path: str) -> str:
        """What a file replaces when it is delivered again: the feed itself, or its own path where a drop holds many."""
        return path if any("*" in pattern for pattern in self.files) else self.name


def _matches(path: str, pattern: str, anywhere: bool) -> bool:
    """Whether a path is that of a pattern, below any folders if it may be anywhere.

    >>> _matches("old/plays.csv", "plays.csv", False), _matches("old/plays.csv", "plays.csv", True)
    (False, True)
    >>> _matches("song_data/x.json", "song_data/**/*.json", False), _matches("song_data/A/B/x.json", "song_data/**/*.json", False)
    (True, True)
    """
    if anywhere:
        return fnmatchcase(f"/{path}", f"*/{pattern.replace('**/', '*')}")
    if "**/" in pattern:
        return fnmatchcase(path, pattern.replace("**/", "*"))
    return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)
