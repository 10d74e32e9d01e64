"""The product on a temporary home, in the test's own process: its drops are loaded by Dagster's runs as `songify load` does."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from songify_assets import definitions
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.instance import open_instance
from songify_assets.orchestration.load import LoadReport, load
from songify_assets.orchestration.planner.gates import blocking_checks
from songify_assets.orchestration.planner.planner import Planner
from songify_assets.settings import Settings


@dataclass
class InProcess:
    """A home; `deliver` writes a file where drops appear."""

    home: Path
    catalog: Catalog | None = None

    def deliver(self, source: str, day: str | date, name: str, content: str | bytes) -> Path:
        path = self.home / "drops" / source / str(day) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self) -> LoadReport:
        """Looks at every source that has a folder, and computes and publishes what follows."""
        catalog, settings = self.catalog or definitions.CATALOG, Settings(home=self.home, settle_seconds=0)
        built = definitions.build_definitions(settings, catalog)
        planner = Planner(
            definitions.build_store(settings, catalog), definitions.build_triggers(catalog), blocking_checks(built)
        )
        sources = sorted(folder.name for folder in (self.home / "drops").iterdir())
        with open_instance(self.home) as instance:
            return load(
                built,
                planner,
                catalog.feeds,
                instance,
                sources=sources,
                since=date.min,
                until=date.max,
                tell=lambda _: None,
            )

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the published warehouse."""
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()
