"""Writing one file of a drop, a chunk at a time."""

import io
import os
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from re import split
from typing import BinaryIO

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from songify_assets.generator.chance import uniform
from songify_assets.generator.defects import BAD_BYTE, spoil
from songify_assets.generator.feeds import Drop, Feed, chunks
from songify_assets.generator.plan import Plan

_BETWEEN = {"array": ",\n", "lines": "\n"}


def write(plan: Plan, drop: Drop, path: Path) -> Path:
    """Write one file; its modification time is the night after its delivery date, but an hour ago at the latest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if drop.feed.style == "parquet":
        _write_parquet(plan, drop, path)
    else:
        _write_text(plan, drop, path)
    night = datetime.combine(plan.date(drop.day) + timedelta(days=1), time(2), UTC)
    delivered = min(night, datetime.now(UTC) - timedelta(hours=1)).timestamp()
    os.utime(path, (delivered, delivered))
    return path


def _write_parquet(plan: Plan, drop: Drop, path: Path) -> None:
    frames = (frame.to_arrow() for _, _, frame in chunks(plan, drop))
    first = next(frames)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as file:
        for frame in chain([first], frames):
            file.write_table(frame)


def _write_text(plan: Plan, drop: Drop, path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"[\n" if drop.feed.style == "array" else b"")
        body, first = file.tell(), True
        for day, index, frame in chunks(plan, drop):
            for part in spoil(plan, drop.feed, day, index, frame):
                _write_frame(plan, drop.feed, part, file, header=first)
                first = False
        if drop.feed.style != "csv" and file.tell() > body:  # neither JSON style has anything after its last record
            file.seek(-len(_BETWEEN[drop.feed.style]), os.SEEK_END)
            file.truncate()
        file.write(b"\n]" if drop.feed.style == "array" else b"")
        if _is_cut(plan, drop):
            file.truncate(file.tell() * 6 // 10)


def _is_cut(plan: Plan, drop: Drop) -> bool:
    if not (drop.can_shrink and plan.share("truncated_json")):
        return False
    chance = uniform(plan.seed, f"cut {drop.feed.name}", np.array([drop.day], dtype=np.int64))
    return float(chance[0]) < plan.share("truncated_json")


def _write_frame(plan: Plan, feed: Feed, frame: pl.DataFrame, file: BinaryIO, *, header: bool) -> None:
    target: BinaryIO = io.BytesIO() if plan.share("not_utf8") else file
    if feed.style == "csv":
        frame.write_csv(
            target,
            include_header=header,
            separator=feed.delimiter,
            line_terminator=feed.line_end,
            quote_style=feed.quote_style,
        )
    else:
        # One column that is never quoted is Polars' fastest way to write lines of text.
        lines = frame.select(_record(feed.record))
        lines.write_csv(target, include_header=False, line_terminator=_BETWEEN[feed.style], quote_style="never")
    if isinstance(target, io.BytesIO):
        file.write(target.getvalue().replace(BAD_BYTE.encode(), "é".encode("latin-1")))


def _record(template: str) -> pl.Expr:
    pieces = split(r"\$(\w+)", template)
    return pl.concat_str([pl.col(piece) if n % 2 else pl.lit(piece) for n, piece in enumerate(pieces) if piece])
