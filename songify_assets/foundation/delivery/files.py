"""The files of a delivery as they are read: small ones together, and with the records that were mended."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from songify_assets.errors import UnreadableFile
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import LandedFile
from songify_assets.foundation.reading import Batch, Reader

TOGETHER = 1000  # files of one record each


@dataclass(frozen=True)
class FileInput:
    """A landed file of a delivery with the path of its bytes, and the mended records that stand in for refused ones.

    `text` is all that it holds, where that is one record.
    """

    landed: LandedFile
    path: Path
    amendments: dict[int, str]
    text: bytes | None = None


def together(reader: Reader, files: Iterable[FileInput]) -> Iterator[list[FileInput]]:
    """The files in order: those of one record each in groups, any other alone."""
    group: list[FileInput] = []
    for file in files:
        text = None if file.amendments else reader.lone_object(file.path)
        if group and (text is None or len(group) == TOGETHER):
            yield group
            group = []
        if text is None:
            yield [file]
        else:
            group.append(replace(file, text=text))
    if group:
        yield group


def mended(feed: Feed, amendments: dict[int, str], scratch: Path, where: str) -> Iterator[Batch]:
    """Reads mended records, each under the number of the record that it stands in for.

    Raises UnreadableFile when a mended record is not exactly one record of the feed.
    """
    reader = _reader_of_text(feed)
    for record, raw in amendments.items():
        header = feed.dialect.delimiter.join(feed.fields.values()) + "\n"
        text = header + raw if feed.format == "csv" else " ".join(raw.splitlines())
        scratch.write_text(text + "\n", encoding="utf-8")
        batches = [batch for batch in reader.read(scratch, where) if batch.received]
        if len(batches) != 1 or len(batches[0].records) != 1:
            reasons = [reason for batch in batches for row in batch.refused["reasons"] for reason in row]
            told = f" ({'; '.join(reasons)})" if reasons else ""
            what = f"the mended record is not one record of {feed.name}{told}"
            raise UnreadableFile(what, where=where, remedy=f"Give one record with {', '.join(feed.fields.values())}.")
        numbered = batches[0].records.with_columns(pl.lit(record, pl.UInt64).alias("record"))
        yield Batch(numbered, batches[0].refused.clear(), 0, partial(_repeated, raw))


def _reader_of_text(feed: Feed) -> Reader:
    """What reads records as the quarantine shows them: those of a Parquet file are shown as JSON."""
    if feed.format != "parquet":
        return Reader(feed.format, feed.fields, feed.dialect)
    return Reader("json", {column: f'$."{name}"' for column, name in feed.fields.items()})


def _repeated(raw: str, records: pl.Series) -> pl.Series:
    return pl.Series([raw] * len(records), dtype=pl.String)
