"""What a command needs of the product: settings, store, graph and the Dagster instance, opened once."""

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from songify_assets.errors import SettingsError
from songify_assets.settings import Settings, load_settings
from songify_assets.texts import printable

if TYPE_CHECKING:
    import dagster as dg

    from songify_assets.foundation.store import Store
    from songify_assets.orchestration.planner.planner import Planner
    from songify_assets.orchestration.planner.triggers import Triggers


@dataclass(frozen=True)
class Session:
    """An open product."""

    planner: "Planner"
    definitions: "dg.Definitions"
    instance: "dg.DagsterInstance"

    @property
    def store(self) -> "Store":
        """Where everything is kept."""
        return self.planner.store

    @property
    def triggers(self) -> "Triggers":
        """The graph."""
        return self.planner.triggers


@contextmanager
def session(settings: Settings | None = None) -> Iterator[Session]:
    """Opens the product; Dagster is imported here, because settings that are wrong should be told at once."""
    settings = settings or load_settings()
    gc.disable()
    from songify_assets.definitions import CATALOG, build_triggers, definitions_of
    from songify_assets.orchestration.instance import open_instance
    from songify_assets.orchestration.planner.gates import blocking_checks
    from songify_assets.orchestration.planner.planner import Planner

    with open_instance(settings.home) as instance:
        definitions = definitions_of(settings)
        planner = Planner((definitions.resources or {})["store"], build_triggers(CATALOG), blocking_checks(definitions))
        # What was imported and defined stays to the end: looking for garbage in it takes a twentieth of a small load.
        gc.freeze()
        gc.enable()
        yield Session(planner, definitions, instance)


def day(text: str | date) -> date:
    """A date of the command line."""
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"'{text}' is not a date", where="the command line", remedy="Write it like 2021-12-31."
        ) from None


class Progress:
    """Progress on standard error: one line that changes on a terminal, a plain line now and then elsewhere."""

    def __init__(self, every_seconds: float = 2) -> None:
        self.every_seconds, self.last, self.started = every_seconds, 0.0, time.monotonic()
        self.live, self.kind = sys.stderr.isatty(), ""

    def __call__(self, text: str) -> None:
        """Shows what is being done now."""
        now, text = time.monotonic(), printable(text)
        if self.live:
            print(f"\r\033[K{now - self.started:5.1f} s  {text[:110]}", end="", file=sys.stderr, flush=True)
        elif now - self.last >= self.every_seconds or text.split()[0] != self.kind:
            self.last, self.kind = now, text.split()[0]
            print(f"{now - self.started:5.1f} s  {text}", file=sys.stderr, flush=True)

    def done(self) -> None:
        """Clears the line."""
        if self.live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
