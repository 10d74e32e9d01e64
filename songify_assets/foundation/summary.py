"""Summaries of many numbers that merge: count, mean and variance exactly, quantiles exactly as long as the numbers are few.

Up to `EXACT` numbers are kept as they are. Of more than that a KLL sketch is kept (Karnin, Lang, Liberty 2016): the rank of a
quantile that it tells is wrong by at most `RANK_ERROR` of the count, with a probability of 99 %. Mean and variance are
those of Welford (1962), merged as by Chan, Golub and LeVeque (1979).
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import datasketches as ds
import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.float64]
EXACT, K = 4096, 1024
RANK_ERROR = float(ds.kll_doubles_sketch.get_normalized_rank_error(K, False))
_HEAD = struct.Struct("<?qdd")


@dataclass(frozen=True)
class Summary:
    """So many numbers, their `mean`, the sum `m2` of their squared distances from it, and the numbers themselves or a sketch."""

    count: int
    mean: float
    m2: float
    kept: Numbers | ds.kll_doubles_sketch

    @classmethod
    def of(cls, numbers: Iterable[float]) -> "Summary":
        """The summary of some numbers.

        >>> summary = Summary.of([1, 2, 3, 10])
        >>> summary.count, summary.mean, summary.variance, summary.quantiles([0.5])
        (4, 4.0, 16.666666666666668, [2.5])
        """
        values = np.sort(np.fromiter(numbers, dtype=np.float64))
        mean = float(values.mean()) if len(values) else 0.0
        return cls(len(values), mean, float(((values - mean) ** 2).sum()), _kept(values))

    def merged(self, other: "Summary") -> "Summary":
        """The summary of both.

        >>> Summary.of([1, 2]).merged(Summary.of([3, 10])).quantiles([0.5])
        [2.5]
        """
        count = self.count + other.count
        if not count:
            return self
        apart = other.mean - self.mean
        mean = self.mean + apart * other.count / count
        m2 = self.m2 + other.m2 + apart**2 * self.count * other.count / count
        if isinstance(self.kept, np.ndarray) and isinstance(other.kept, np.ndarray):
            return Summary(count, mean, m2, _kept(np.sort(np.concatenate([self.kept, other.kept]))))
        sketch = ds.kll_doubles_sketch(K)
        for part in (self.kept, other.kept):
            if isinstance(part, np.ndarray):
                sketch.update(part)
            else:
                sketch.merge(part)
        return Summary(count, mean, m2, sketch)

    @property
    def is_exact(self) -> bool:
        """Whether the quantiles are exact."""
        return isinstance(self.kept, np.ndarray)

    @property
    def variance(self) -> float | None:
        """The variance of a sample; None for fewer than two numbers."""
        return self.m2 / (self.count - 1) if self.count > 1 else None

    def quantiles(self, shares: Sequence[float]) -> list[float | None]:
        """The numbers below which these shares lie: by linear interpolation, of a sketch within `RANK_ERROR`. None without numbers."""
        if not self.count:
            return [None] * len(shares)
        if isinstance(self.kept, np.ndarray):
            return [float(value) for value in np.quantile(self.kept, shares)]
        return [float(value) for value in self.kept.get_quantiles(list(shares))]

    def __bytes__(self) -> bytes:
        kept = self.kept
        body = kept.tobytes() if isinstance(kept, np.ndarray) else bytes(kept.serialize())
        return _HEAD.pack(self.is_exact, self.count, self.mean, self.m2) + body

    @classmethod
    def read(cls, data: bytes) -> "Summary":
        """The summary that was stored as bytes.

        >>> Summary.read(bytes(Summary.of([4, 6]))).mean
        5.0
        """
        is_exact, count, mean, m2 = _HEAD.unpack_from(data)
        body = data[_HEAD.size :]
        kept = np.frombuffer(body, dtype=np.float64).copy() if is_exact else ds.kll_doubles_sketch.deserialize(body)
        return cls(count, mean, m2, kept)


def _kept(values: Numbers) -> Numbers | ds.kll_doubles_sketch:
    if len(values) <= EXACT:
        return values
    sketch = ds.kll_doubles_sketch(K)
    sketch.update(values)
    return sketch


def summarize(numbers: pl.Expr) -> pl.Expr:
    """The summary of a group's numbers, without nulls, as bytes."""
    return numbers.drop_nulls().map_batches(
        lambda values: pl.Series([bytes(Summary.of(values.to_numpy()))], dtype=pl.Binary),
        return_dtype=pl.Binary(),
        returns_scalar=True,
    )


def merged_quantiles(summaries: pl.Expr, shares: Mapping[str, float]) -> pl.Expr:
    """The quantiles of all the summaries of a group together, as a struct with a field for each of `shares`."""
    dtype = pl.Struct(dict.fromkeys(shares, pl.Float64()))

    def merged(stored: pl.Series) -> pl.Series:
        whole = merge_all(stored.drop_nulls())
        return pl.Series([dict(zip(shares, whole.quantiles(list(shares.values())), strict=True))], dtype=dtype)

    return summaries.map_batches(merged, return_dtype=dtype, returns_scalar=True)


def merge_all(summaries: Iterable[bytes]) -> Summary:
    """The summary of all that was stored.

    >>> merge_all([bytes(Summary.of([1])), bytes(Summary.of([3]))]).mean
    2.0
    """
    return reduce(Summary.merged, map(Summary.read, summaries), Summary.of([]))
