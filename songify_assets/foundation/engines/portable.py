"""Transforms that run on any engine: written in Narwhals, called with the frames of whichever engine computes."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeAlias, TypeVar

import narwhals as nw

F = TypeVar("F")
Frame: TypeAlias = nw.LazyFrame[Any]


class Transform(Protocol):
    """A function from frames of an engine to a frame of the same engine."""

    def __call__(self, *frames: F, **options: bool) -> F:
        """The frame that it makes of these."""


def portable(transform: Callable[..., Frame]) -> Transform:
    """Makes of a function of Narwhals' lazy frames one of an engine's own; on Polars the plan is as if it were written in Polars.

    >>> import polars as pl
    >>> @portable
    ... def doubled(rows: Frame) -> Frame:
    ...     return rows.with_columns(twice=2 * nw.col("once"))
    >>> doubled(pl.LazyFrame({"once": [1]})).collect().rows()
    [(1, 2)]
    """

    @wraps(transform)
    def on_native(*frames: Any, **options: bool) -> Any:
        return transform(*(nw.from_native(frame) for frame in frames), **options).to_native()

    return on_native
