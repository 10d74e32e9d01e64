"""A home of one dataset into which a test delivers lines of text."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from songify_assets.orchestration.declare.datasets import Catalog, Dataset
from songify_assets_tests.datasets.drop import Drop
from songify_assets_tests.properties.engine import Engine, new_engine


class Home:
    """Files of a dataset are delivered as lines without header, and everything is computed."""

    def __init__(self, folder: Path, dataset: Dataset, headers: Mapping[str, Sequence[str]]) -> None:
        self.dataset, self.headers = dataset, headers
        self.engine: Engine = new_engine(folder / "home", 1.0, Catalog([dataset]))

    def deliver(self, day: str, files: Mapping[str, Sequence[str]], delimiter: str = ",") -> None:
        for file, lines in files.items():
            records = tuple(dict(zip(self.headers[file], line.split(delimiter), strict=True)) for line in lines)
            self.land(Drop(file, date.fromisoformat(day), records, delimiter))
        self.engine.settle()

    def land(self, drop: Drop) -> None:
        folder = self.engine.place_of(self.dataset.name)
        self.engine.look_at(drop.write(folder, self.headers.get(drop.file, ())), self.dataset.name)

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.engine.rows(f"{self.dataset.name}.{table}")

    def refused(self) -> list[list[str]]:
        """The reasons of each record that was refused, in order."""
        return [
            row["reasons"] for row in self.engine.store.lake.scan("quarantine/rows").sort("record").collect().to_dicts()
        ]
