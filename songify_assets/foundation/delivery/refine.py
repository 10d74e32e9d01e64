"""One delivery of a feed, from its files to typed rows and refused ones: read, check, conform, collapse duplicates.

Streams in batches: memory does not grow with the file (apart from the keys, to find duplicates).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow.parquet as pq
from polars.io.plugins import register_io_source

from songify_assets.foundation.delivery.files import FileInput, mended, together
from songify_assets.foundation.delivery.records import check_records
from songify_assets.foundation.delivery.truth import event_date, untrue
from songify_assets.foundation.feed_tables import REFUSED, raw_columns
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.keys import are_distinct
from songify_assets.foundation.ledger import LandedFile
from songify_assets.foundation.parquet import row_count, sink
from songify_assets.foundation.prefetch import prefetched, worked
from songify_assets.foundation.reading import Batch, Reader


@dataclass
class Counts:
    """What became of the records received: `received = accepted + refused + collapsed`."""

    received: int = 0
    accepted: int = 0
    refused: int = 0
    collapsed: int = 0


@dataclass
class _Reading:
    feed: Feed
    zone: ZoneInfo
    start_date: date
    refused_path: Path
    reader: Reader
    received: int = 0
    _writer: pq.ParquetWriter | None = field(default=None)

    def refuse(self, file: LandedFile, refused: pl.DataFrame) -> None:
        """Appends refused records (`record`, `reasons`, `raw`) to the quarantine file of this delivery."""
        rows = refused.select(
            feed=pl.lit(self.feed.name), delivered_on=pl.lit(file.delivered_on), file=pl.lit(file.place), record="record",
            reasons="reasons", raw="raw", quarantined_at=pl.lit(file.landed_at).cast(REFUSED["quarantined_at"]),
        ).cast(REFUSED).to_arrow()  # fmt: skip
        self._writer = self._writer or pq.ParquetWriter(self.refused_path, rows.schema, compression="zstd")
        self._writer.write_table(rows)

    def close(self) -> None:
        """Finishes the quarantine file, which exists also when nothing was refused."""
        if self._writer:
            self._writer.close()
        else:
            pl.DataFrame(schema=REFUSED).write_parquet(self.refused_path)


def refine(
    feed: Feed, delivered_on: date, files: list[FileInput], *, zone: ZoneInfo, start_date: date, staged: Path
) -> tuple[Path, Path, Counts]:
    """Reads a delivery into two finished Parquet files, the accepted rows and the refused ones.

    Raises UnreadableFile (its `where` is the place of the file) for a file that cannot be read at all.
    """
    reader = Reader(feed.format, feed.fields, feed.dialect, feed.refusals)
    reading = _Reading(feed, zone, start_date, staged / "refused.parquet", reader)
    columns = raw_columns(feed)

    def batches(*_: object) -> Iterator[pl.DataFrame]:
        offset = 0
        for some in together(reader, files):
            for frame in _accepted(reading, some):
                yield (
                    frame.with_columns(pl.col("record") + offset, delivered_on=pl.lit(delivered_on))
                    .select(columns.names())
                    .cast(columns)
                )
            offset = reading.received

    loose, final = staged / "loose.parquet", staged / "rows.parquet"
    try:
        sink(register_io_source(batches, schema=columns), loose)
        rows = pl.scan_parquet(loose, hive_partitioning=False)
        survivors, collapsed = _collapse(feed, rows, reading, files)
        if survivors is rows:
            final = loose
        else:
            sink(survivors, final)
    finally:
        reading.close()
    return final, reading.refused_path, _count(final, reading, collapsed)


def _count(final: Path, reading: _Reading, collapsed: int) -> Counts:
    return Counts(reading.received, row_count(final), row_count(reading.refused_path), collapsed)


def _accepted(reading: _Reading, files: Sequence[FileInput]) -> Iterator[pl.DataFrame]:
    """The accepted records of files that are read together, or of one file."""
    for received, kept, refused in worked(partial(_checked, reading, files), _batches(reading, files)):
        reading.received += received
        for file, some in _by_file(files, refused):
            reading.refuse(file.landed, some)
        yield kept


def _by_file(files: Sequence[FileInput], refused: pl.DataFrame) -> Iterator[tuple[FileInput, pl.DataFrame]]:
    if refused.is_empty():
        return
    if len(files) == 1:
        yield files[0], refused
        return
    for row, number in enumerate(refused["record"]):
        yield files[number - 1], refused[row].with_columns(record=pl.lit(1, pl.UInt64))


def _batches(reading: _Reading, files: Sequence[FileInput]) -> Iterator[Batch]:
    """The batches of files without the records that were mended, then the mended ones."""
    texts = [file.text for file in files if file.text is not None]
    if texts:
        yield reading.reader.read_lone(texts)
        return
    [file] = files
    feed, where = reading.feed, file.landed.place
    unmended = ~pl.col("record").is_in(list(file.amendments))
    for batch in prefetched(reading.reader.read(file.path, where)):
        if file.amendments:
            batch = replace(batch, records=batch.records.filter(unmended), refused=batch.refused.filter(unmended))
        yield batch
    yield from mended(feed, file.amendments, reading.refused_path.with_name("mended"), where)


def _checked(reading: _Reading, files: Sequence[FileInput], batch: Batch) -> tuple[int, pl.DataFrame, pl.DataFrame]:
    """How many records a batch held, those that are kept, and those that are refused."""
    feed = reading.feed
    typed, refused = check_records(batch.records, feed.model, feed.types, feed.dialect)
    kept = typed.drop("record").lazy().pipe(feed.conform).collect().insert_column(0, typed["record"])
    if not feed.is_dump:
        kept = kept.with_columns(event_date=event_date(feed, reading.zone, files[0].landed.delivered_on))
    landed_at: datetime | pl.Series = files[0].landed.landed_at
    if len(files) > 1:
        landed_at = pl.Series([file.landed.landed_at for file in files]).gather(kept["record"] - 1)
    wrong = untrue(feed, kept, landed_at, reading.start_date)
    if len(wrong):
        kept = kept.filter(~pl.col("record").is_in(wrong["record"].implode()))
        refused = pl.concat([refused, wrong]).sort("record")
    told = refused.with_columns(raw=batch.raw_of(refused["record"])) if len(refused) else batch.refused.clear()
    return batch.received, kept, pl.concat([batch.refused, told])


def _collapse(feed: Feed, rows: pl.LazyFrame, reading: _Reading, files: list[FileInput]) -> tuple[pl.LazyFrame, int]:
    """The rows without duplicates and how many collapsed: of an event told again those before the last, of a full dump those
    that are equal, while those that differ are refused."""
    if not feed.key:
        return rows, 0
    if are_distinct(rows, feed.key):
        return rows, 0
    total = rows.select(pl.len()).collect(engine="streaming").item()
    survivors = rows.unique(subset=feed.key, keep="last", maintain_order=True)
    if not feed.is_dump:
        return survivors, total - survivors.select(pl.len()).collect(engine="streaming").item()
    content = feed.columns.names()
    lost = rows.join(survivors.select("record"), on="record", how="anti").join(
        survivors, on=feed.key, how="left", suffix="__kept"
    )
    differs = pl.any_horizontal(
        [pl.lit(False), *(pl.col(name).ne_missing(pl.col(f"{name}__kept")) for name in content if name not in feed.key)]
    )
    conflicts = lost.filter(differs).select("record").collect(engine="streaming")["record"]
    _refuse_conflicts(reading, files, set(conflicts))
    kept = survivors.select(pl.len()).collect(engine="streaming").item()
    return survivors, total - kept - len(conflicts)


def _refuse_conflicts(reading: _Reading, files: Iterable[FileInput], records: set[int]) -> None:
    """Reads the files once more for the raw text of records that lost against a later one with the same key."""
    offset = 0
    for file in files if records else ():
        received = 0
        for batch in reading.reader.read(file.path, file.landed.place):
            received += batch.received
            lost = batch.records.filter((pl.col("record") + offset).is_in(list(records)))
            if not lost.is_empty():
                reasons = pl.lit(["conflicting_duplicate"], pl.List(pl.String)).alias("reasons")
                raw = batch.raw_of(lost["record"]).alias("raw")
                reading.refuse(file.landed, lost.select("record", reasons, raw))
        offset += received
