"""What a source delivers: the declaration of a feed, and the normalisation of the text keys it is compared by."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Literal

import numpy as np
import pandera.polars as pa
import polars as pl
import pyarrow.compute as pc

COMPRESSIONS = (".gz", ".zst")
_WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


@dataclass(frozen=True)
class Feed:
    """One file of a source, and all the product needs to know to land, read, check and keep it.

    `files` are glob patterns (`books.json`, `*-events.json`, `song_data/**/*.json`) for the path below the drop, without
    compression suffix. `fields` maps each column of `model` to where it is delivered: a CSV header, or a JSON path
    (`$.metadata.name`; with `[*]` a list of texts, `$.books[*].metadata.title`). `conform` turns the delivered, typed
    columns into the columns that are kept; for a full dump these are the entity's columns, the key first.
    `conform` works row by row. `key` names the kept columns that identify a record (empty: every record stands for itself).
    `event_at` names the kept column with the instant an event started; without it the event date is the delivery date.
    `describes` says what the columns are that `conform` makes and `model` does not have; it is for people, as are the model's
    descriptions. A feed is delivered every `every_days` days. The tables of a feed belong to the schema that is named like its source.
    """

    name: str
    source: str
    kind: Literal["full dump", "increment"]
    format: Literal["csv", "json"]
    files: tuple[str, ...]
    fields: Mapping[str, str]
    model: type[pa.DataFrameModel]
    conform: Callable[[pl.LazyFrame], pl.LazyFrame]
    key: tuple[str, ...] = ()
    event_at: str | None = None
    every_days: int = 1
    describes: Mapping[str, str] = field(default_factory=dict)

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

    @property
    def columns(self) -> pl.Schema:
        """The columns that are kept of a record, with their types."""
        delivered = {name: column.dtype.type for name, column in self.model.to_schema().columns.items()}
        return self.conform(pl.LazyFrame(schema=delivered)).collect_schema()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The kept text columns that are compared, its own keys and those of others."""
        return tuple(
            name for name, dtype in self.columns.items() if dtype == pl.String and name.endswith(("_key", "_id"))
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


def key_text(text: str) -> str:
    """A text as it is compared: trimmed, Unicode NFKC, case folded, NFKC again.

    >>> key_text("  WALL·E ") == key_text("wall·e")
    True
    """
    folded = unicodedata.normalize("NFKC", text.strip(_WHITE_SPACE)).casefold()
    return unicodedata.normalize("NFKC", folded)


def normalized_key(column: pl.Expr) -> pl.Expr:
    """`key_text` of a text column; null and blank texts become null.

    >>> pl.select(normalized_key(pl.lit(" Straße "))).item()
    'strasse'
    """
    return column.map_batches(_normalized, return_dtype=pl.String, is_elementwise=True)


def _normalized(texts: pl.Series) -> pl.Series:
    if _is_normal(texts):
        return texts
    folded = texts.str.strip_chars().str.to_lowercase()
    others = (texts.str.len_bytes() != texts.str.len_chars()).arg_true()
    if len(others):  # beyond ASCII: Unicode's rules, once for each text
        distinct = texts.gather(others).unique()
        keys = pl.Series([key_text(text) for text in distinct], dtype=pl.String)
        folded = folded.scatter(others, texts.gather(others).replace_strict(distinct, keys, return_dtype=pl.String))
    blank = folded == ""
    return folded.set(blank, None) if blank.any() else folded


def _is_normal(texts: pl.Series) -> bool:
    """Whether the texts are their own keys, told in a third of the time of folding them: no blank, no capital, all ASCII."""
    arrow = texts.to_arrow()
    _, offsets, data = arrow.buffers()
    if data is None or not len(texts):
        return False
    ends = np.frombuffer(offsets, dtype=np.int64)[arrow.offset : arrow.offset + len(arrow) + 1]
    letters = np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]]
    if not len(letters) or letters.min() <= ord(" ") or letters.max() >= 127 or (texts == "").any():
        return False
    return bool(pc.ascii_lower(arrow).equals(arrow))
