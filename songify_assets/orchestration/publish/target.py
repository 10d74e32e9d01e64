"""A target: somewhere the tables are published, all of them or none."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl


@dataclass(frozen=True)
class Publication:
    """What was published: its id, when it was made, how many tables, and those that changed since the publication before.

    `unreadable` are those that could not be read from the lake, and why.
    """

    publication_id: str
    published_at: datetime
    tables: int
    changed: list[str]
    unreadable: dict[str, str]


class Target(Protocol):
    """A publication as an asset: its key, the kind of thing it is, and what its page says of it."""

    @property
    def key(self) -> str:
        """The asset, `warehouse/published`."""
        ...

    @property
    def kind(self) -> str:
        """What it is made with, as Dagster shows it."""
        ...

    @property
    def description(self) -> str:
        """What its page says."""
        ...

    def publish(self, failing: pl.DataFrame | None = None) -> Publication:
        """Publishes every table, and tells which checks are failing (`told.FAILING`)."""
        ...
