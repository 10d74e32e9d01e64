"""What Prometheus is told: how fresh the data is, what is wrong with it, and what requests take."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from songify_assets.errors import HomeError
from songify_assets.foundation.alerting.open_problems import last_watch
from songify_assets.foundation.ledger.accepted import held_now
from songify_assets.serving.publications import Publication

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # set where several workers count together


class Measures:
    """Counts requests, and tells of the publication that `current` returns."""

    def __init__(self, home: Path, zone: ZoneInfo, current: Callable[[], Publication | None]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        own = self._registry if SHARED not in os.environ else None
        self._requests = Counter("songify_requests", "Requests by route and status.", ["route", "status"], registry=own)
        self._seconds = Histogram(
            "songify_request_seconds", "What requests took.", ["route"], buckets=SECONDS, registry=own
        )
        if own is None:
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]
        self._registry.register(State(home, zone, current))
        self._counting: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def count(self, route: str, status: int, seconds: float) -> None:
        """Counts a request."""
        known = self._counting.get((route, status))
        if known is None:
            known = self._requests.labels(route, str(status)), self._seconds.labels(route)
            self._counting[route, status] = known
        known[0].inc()
        known[1].observe(seconds)

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self._registry)


class State(Collector):
    """What is the case when it is asked: nothing of it is kept."""

    def __init__(self, home: Path, zone: ZoneInfo, current: Callable[[], Publication | None]) -> None:
        self._home, self._zone, self._current = home, zone, current

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked while it is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Each measure with its values."""
        if publication := self._current():
            yield from self._of_publication(publication)
        yield from _counted("songify_held_dumps", "Dumps held for approval.", held_now, self._home / "ledger.sqlite")
        told = "Problems that were open when the alerts sensor looked last."
        yield from _counted("songify_open_alerts", told, _open_problems, self._home / "alerts.sqlite")

    def _of_publication(self, publication: Publication) -> Iterator[Metric]:
        catalogue, now = publication.catalogue, time.time()
        number = CounterMetricFamily("songify_publications", "Publications that the warehouse knows of.")
        number.add_metric([], catalogue.publications)
        yield number
        yield _gauge(
            "songify_published_timestamp_seconds",
            "When the warehouse was published.",
            catalogue.published_at.timestamp(),
        )
        age = GaugeMetricFamily("songify_dataset_age_seconds", "Since the newest partition began.", labels=["dataset"])
        rows = GaugeMetricFamily("songify_dataset_rows", "Rows of a dataset.", labels=["dataset"])
        whole = GaugeMetricFamily(
            "songify_dataset_complete", "0 while something of it is missing, failed or held.", labels=["dataset"]
        )
        for name, table in catalogue.tables.items():
            if table.through:
                began = datetime.combine(table.through, datetime.min.time(), self._zone)
                age.add_metric([name], now - began.timestamp())
            if table.rows is not None:
                rows.add_metric([name], table.rows)
                whole.add_metric([name], table.is_complete)
        refused = GaugeMetricFamily("songify_quarantined_rows", "Rows in the quarantine.", labels=["feed"])
        for feed, count in publication.quarantined.items():
            refused.add_metric([feed], count)
        yield from (age, rows, whole, refused)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)


def _open_problems(outbox: Path) -> int:
    return len(last_watch(outbox).problems)


def _counted(name: str, says: str, count: Callable[[Path], int], database: Path) -> Iterator[Metric]:
    """What a database of the home counts; nothing while it cannot be read."""
    with suppress(sqlite3.Error, HomeError):
        yield _gauge(name, says, count(database))
