"""Segments: what arrived in an hour, closed as Parquet files that never change: a drop of the source `live`.

Which rows a segment has is noted in the log before its files are written. So whatever moment the process dies at, the next one
writes the same files, or finds them.
"""

import os
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import datasketches as ds
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from songify_assets.live.counts import with_arrival
from songify_assets.live.events import HOUR_US, unpack, unpack_refused
from songify_assets.live.log import Log, Logged
from songify_assets.live.records import AT, OCCURRED, STREAMS
from songify_assets.live.users import KIND, LG_K

CHUNK_EVENTS = 500_000
MOST_RAW = 64 << 10
KEPT_US = 25 * HOUR_US
OTHERS = {"country": pl.String(), "feature": pl.String(), "step": pl.String(), "duration_ms": pl.Float64()}
NO_REFUSED = pl.DataFrame(schema={"refused_reason": pl.String, "refused_raw": pl.String})
COUNTS = pl.Schema(
    {"date": pl.Date(), "country": pl.String(), "events": pl.Int64(), "late": pl.Int64(), "users_sketch": pl.String()}
)


class Segment(NamedTuple):
    """The batches of a stream in rows of an hour's file."""

    hour: int
    stream: str
    number: int
    first: int
    last: int

    def name(self, what: str = "") -> str:
        """The name of its file."""
        hour = datetime.fromtimestamp(self.hour * 3600, UTC)
        return f"{self.stream}{what}-{hour:%Y-%m-%dT%H}Z-{self.number}.parquet"


class Segments:
    """Closes segments of a log, as drops of days in a folder."""

    def __init__(self, log: Log, drops: Path, zone: ZoneInfo, lateness_us: int) -> None:
        self._log, self._drops, self._zone, self._lateness_us = log, drops, zone, lateness_us

    def plan(self, hour: int) -> None:
        """Notes which rows of an hour, that no segment has, are its next segments."""
        with self._log.reading(hour) as db:
            db.execute("BEGIN IMMEDIATE")
            for stream in STREAMS:
                ask = "SELECT coalesce(max(last), 0), coalesce(max(number), 0) FROM segments WHERE stream = ?"
                last, number = db.execute(ask, (stream,)).fetchone()
                rows = "SELECT min(row), max(row) FROM batches WHERE stream = ? AND row > ?"
                first, end = db.execute(rows, (stream, last)).fetchone()
                if first is not None:
                    db.execute("INSERT INTO segments VALUES (?, ?, ?, ?, 0)", (stream, number + 1, first, end))

    def close(self, hour: int) -> list[Path]:
        """Writes the files of the segments of an hour that are noted; the files of events that were written."""
        with self._log.reading(hour) as db:
            ask = "SELECT stream, number, first, last FROM segments WHERE NOT is_closed"
            noted = [Segment(hour, *row) for row in db.execute(ask)]
        written = [path for segment in noted if (path := self._write(segment)) is not None]
        for segment in noted:
            with self._log.reading(hour) as db:
                closed = "UPDATE segments SET is_closed = 1 WHERE stream = ? AND number = ?"
                db.execute(closed, (segment.stream, segment.number))
        return written

    def close_all(self, now_us: int, *, also_open: bool) -> list[Path]:
        """Closes what is over; `also_open`: what arrived in this hour, too."""
        written = []
        for hour in self._log.hours():
            if hour < now_us // HOUR_US or also_open:
                self.plan(hour)
                written += self.close(hour)
        return written

    def over(self, now_us: int) -> list[int]:
        """The hours whose files nobody needs any more."""
        return [hour for hour in self._log.hours() if (hour + 1) * HOUR_US + KEPT_US < now_us]

    def _write(self, segment: Segment) -> Path | None:
        rows = self._log.rows(segment.hour, segment.stream, segment.first, segment.last)
        day = self._day(segment)
        if day is None:
            return None
        folder = self._drops / day.isoformat()
        path, counts_path = folder / segment.name(), folder / segment.name("_counts")
        if path.exists():
            return None
        folder.mkdir(parents=True, exist_ok=True)
        hidden, counted = folder / f".{path.name}.tmp", Tally(self._zone)
        with pq.ParquetWriter(hidden, _schema(segment.stream), compression="zstd") as writer:
            for events in _chunks(rows):
                writer.write_table(_table(events, segment.stream))
                good = events.filter(pl.col("refused_reason").is_null())
                counted.add(with_arrival(good, self._lateness_us))
        hidden_counts = folder / f".{counts_path.name}.tmp"
        counted.frame().write_parquet(hidden_counts, compression="zstd")
        _put(hidden_counts, counts_path)
        _put(hidden, path)
        return path

    def _day(self, segment: Segment) -> date | None:
        """The local day on which its last batch arrived; None for a segment without a record."""
        ask = "SELECT max(arrived_at) FROM batches WHERE stream = ? AND row BETWEEN ? AND ?"
        ask += " AND (accepted > 0 OR refused IS NOT NULL)"
        with self._log.reading(segment.hour) as db:
            last = db.execute(ask, (segment.stream, segment.first, segment.last)).fetchone()[0]
        return None if last is None else datetime.fromtimestamp(last / 1_000_000, self._zone).date()


class Tally:
    """What is counted of a segment: by local day and country."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone.key
        self._counts: dict[tuple[date, str | None], tuple[int, int, ds.hll_sketch]] = {}

    def add(self, events: pl.DataFrame) -> None:
        """Adds events."""
        if "country" not in events.columns:
            events = events.with_columns(country=pl.lit(None, pl.String))
        days = events.group_by(pl.col(AT).dt.convert_time_zone(self._zone).dt.date().alias("day"), "country").agg(
            pl.len(), pl.col("is_late").sum(), pl.col("user_id").unique()
        )
        for day, country, count, late, user_ids in days.iter_rows():
            known = self._counts.get((day, country), (0, 0, ds.hll_sketch(LG_K, KIND)))
            for user_id in user_ids:
                known[2].update(user_id)
            self._counts[day, country] = known[0] + count, known[1] + late, known[2]

    def frame(self) -> pl.DataFrame:
        """A row a day and country."""
        rows = [
            (day, country, events, late, b64encode(sketch.serialize_compact()).decode())
            for (day, country), (events, late, sketch) in self._counts.items()
        ]
        return pl.DataFrame(rows, schema=COUNTS, orient="row")


def _chunks(rows: Iterator[Logged]) -> Iterator[pl.DataFrame]:
    """The events of batches, and what was refused of them, some at a time."""
    frames, size = [NO_REFUSED], 0
    for row in rows:
        frames.append(_arrived(unpack(row.events), row))
        size += len(frames[-1])
        if row.refused is not None:
            frames.append(_refused(row))
        if size > CHUNK_EVENTS:
            yield pl.concat(frames, how="diagonal")
            frames, size = [NO_REFUSED], 0
    if len(frames) > 1:
        yield pl.concat(frames, how="diagonal")


def _arrived(frame: pl.DataFrame, row: Logged) -> pl.DataFrame:
    return frame.with_columns(arrived_at=pl.lit(row.arrived_at, pl.Int64))


def _refused(row: Logged) -> pl.DataFrame:
    refused = unpack_refused(row.refused)
    texts = {"refused_reason": [one.reason for one in refused], "refused_raw": [one.raw[:MOST_RAW] for one in refused]}
    return _arrived(pl.DataFrame(texts, schema=NO_REFUSED.schema), row)


def _columns(stream: str) -> dict[str, pl.DataType]:
    own = {name: dtype for name, dtype in OTHERS.items() if name in STREAMS[stream]}
    ends = {"arrived_at": OCCURRED, "refused_reason": pl.String(), "refused_raw": pl.String()}
    return {"user_id": pl.String(), "timestamp": OCCURRED, **own, **ends}


def _table(events: pl.DataFrame, stream: str) -> pa.Table:
    named = events.rename({AT: "timestamp"}).with_columns(
        pl.col("arrived_at").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    )
    return named.select(*_columns(stream)).to_arrow().cast(_schema(stream))


def _schema(stream: str) -> pa.Schema:
    kinds = {pl.String(): pa.string(), pl.Float64(): pa.float64(), OCCURRED: pa.timestamp("us", tz="UTC")}
    return pa.schema([(name, kinds[dtype]) for name, dtype in _columns(stream).items()])


def _put(hidden: Path, path: Path) -> None:
    """Gives a finished file its name, so that it is there whole or not at all, whatever happens."""
    with hidden.open("rb") as file:
        os.fsync(file.fileno())
    hidden.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
