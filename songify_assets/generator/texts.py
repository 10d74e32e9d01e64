"""Columns of text and of time, made from indexes."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from songify_assets.generator.chance import Bits, Index, Mask
from songify_assets.generator.plan import TIMEZONE

LOCAL_TIME = "%Y-%m-%dT%H:%M:%S%.3f%z"
_HEX = np.array([f"{n >> 8:02x}{n & 255:02x}".encode() for n in range(65536)], dtype="S4")
_DASHES = (slice(0, 8), slice(8, 12), slice(12, 16), slice(16, 20), slice(20, 32))


@lru_cache(maxsize=64)
def _words(words: tuple[str, ...]) -> pl.Series:
    return pl.Series(words, dtype=pl.String)


def choose(words: tuple[str, ...], index: Index) -> pl.Series:
    """The word for each index, counted round."""
    return _words(words).gather(index % len(words))


def local_times(moments: Index) -> pl.Series:
    """Milliseconds since the epoch as the start-up and its vendor write them: 2021-12-06T19:30:19.099+0100."""
    return pl.Series(moments).cast(pl.Datetime("ms", "UTC")).dt.convert_time_zone(TIMEZONE).dt.strftime(LOCAL_TIME)


def uuids(high: Bits, low: Bits) -> pl.Series:
    """128 bits each as a version 4 UUID."""
    pairs = np.empty((len(high), 2), dtype=">u8")
    pairs[:, 0] = (high & np.uint64(0xFFFFFFFFFFFF0FFF)) | np.uint64(0x4000)
    pairs[:, 1] = (low & np.uint64(0x3FFFFFFFFFFFFFFF)) | np.uint64(0x8000000000000000)
    digits = _HEX[pairs.view(">u2")].view(np.uint8).reshape(len(high), 32)
    text = np.full((len(high), 36), ord("-"), dtype=np.uint8)
    for n, part in enumerate(_DASHES):
        text[:, part.start + n : part.stop + n] = digits[:, part]
    return _fixed_width(text)


def letters(numbers: Bits, alphabet: str, width: int) -> pl.Series:
    """A number as `width` characters of an alphabet, such as a video's id or a song's code."""
    symbols = np.frombuffer(alphabet.encode("ascii"), dtype=np.uint8)
    text = np.empty((len(numbers), width), dtype=np.uint8)
    rest = numbers
    for n in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, np.uint64(len(symbols)))
        text[:, n] = symbols[digit]
    return _fixed_width(text)


def _fixed_width(text: npt.NDArray[np.uint8]) -> pl.Series:
    rows, width = text.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text))]
    return pl.Series(pa.Array.from_buffers(pa.large_string(), rows, buffers))


def quoted(text: pl.Series, missing: Mask | None = None) -> pl.Series:
    """Text as a JSON value, `null` where it is missing. The text must hold no quotes and no backslashes."""
    value = pl.concat_str([pl.lit('"'), pl.col("text"), pl.lit('"')])
    if missing is not None:
        value = pl.when(pl.col("missing")).then(pl.lit("null")).otherwise(value)
    columns = {"text": text} if missing is None else {"text": text, "missing": pl.Series(missing)}
    return pl.DataFrame(columns).select(value.alias("text")).to_series()


def joined(*parts: str | pl.Series) -> pl.Series:
    """Text put together from constants and columns."""
    columns = {str(n): part for n, part in enumerate(parts) if isinstance(part, pl.Series)}
    pieces = [pl.lit(part) if isinstance(part, str) else pl.col(str(n)) for n, part in enumerate(parts)]
    return pl.DataFrame(columns).select(pl.concat_str(pieces).alias("text")).to_series()
