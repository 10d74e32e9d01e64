"""The publications that are open: the current one, the one before for its pages, and older ones as long as they are read.

DuckDB keeps one instance a path in a process, and opened again by the same path it shows the file that was there before. So
each publication is opened by a hard link of its own name, which is gone as soon as it is open: the file stays as long as
somebody has it open, and a server that is killed leaves nothing behind.
"""

import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import psutil

from songify_assets.serving.answer_cache import AnswerCache
from songify_assets.serving.catalogue import Catalogue, read_catalogue

LINK = ".serving-{}-{}.duckdb"
# What makes a short question shorter; all else that DuckDB thinks of takes longer than it saves.
_WORTH_A_THOUGHT = ["filter_pushdown", "top_n", "unused_columns"]
_numbers = itertools.count()


@dataclass(eq=False)
class Publication:
    """An open publication: what is in it, answers from it, and how many requests read it now.

    `at_once` is another DuckDB on the same file, for the event loop: of one thread and with plans that are hardly thought over,
    a short question takes a third less.
    """

    catalogue: Catalogue
    connection: duckdb.DuckDBPyConnection
    at_once: duckdb.DuckDBPyConnection
    file: tuple[int, int]
    cache: AnswerCache = field(default_factory=AnswerCache)
    readers: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own to it; for any thread."""
        with self._lock:
            cursor = self.connection.cursor()
        with closing(cursor):
            yield cursor

    def close(self) -> None:
        """Closes its file."""
        self.connection.close()
        self.at_once.close()


class Publications:
    """Used by the event loop alone, but for `opened`."""

    def __init__(self) -> None:
        self.current: Publication | None = None
        self.previous: Publication | None = None
        self._older: list[Publication] = []

    def make_room(self) -> list[Publication]:
        """Lets go of the previous one, since the next is to be shown; returns what nobody reads, to be closed."""
        if self.previous is not None:
            self._older.append(self.previous)
        self.previous = None
        return self._unread()

    def show(self, publication: Publication) -> None:
        """Makes a publication the current one; `make_room` comes before."""
        self.previous, self.current = self.current, publication

    def of(self, publication_id: str | None) -> Publication | None:
        """The publication of an id, or the current one; None where it is not open any more."""
        if publication_id is None:
            return self.current
        both = (self.current, self.previous)
        return next((one for one in both if one and one.catalogue.publication == publication_id), None)

    @contextmanager
    def reading(self, publication: Publication) -> Iterator[Publication]:
        """Keeps a publication open for a request."""
        publication.readers += 1
        try:
            yield publication
        finally:
            publication.readers -= 1
            for unread in self._unread():
                unread.close()

    def close(self) -> None:
        """Closes all."""
        for publication in filter(None, (*self._older, self.previous, self.current)):
            publication.close()
        self.current = self.previous = None
        self._older.clear()

    def _unread(self) -> list[Publication]:
        """The older ones that nobody reads, which are ours no more."""
        unread = [publication for publication in self._older if not publication.readers]
        self._older = [publication for publication in self._older if publication.readers]
        return unread


def file_of(warehouse: Path) -> tuple[int, int] | None:
    """Which file lies at the path of the warehouse now; None where there is none."""
    try:
        state = warehouse.stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns


def opened(home: Path) -> Publication:
    """Opens the warehouse that is there now; duckdb.Error or OSError where that cannot be."""
    with ExitStack() as open_yet:
        with _linked(home / "warehouse.duckdb", home) as link, _linked(link, home) as other:
            state = link.stat()
            connection = open_yet.enter_context(duckdb.connect(str(link), read_only=True))
            at_once = open_yet.enter_context(duckdb.connect(str(other), read_only=True, config={"threads": 1}))
        _plan_little(at_once)
        _harden(connection, home)
        _harden(at_once, home)
        catalogue = read_catalogue(connection)
        quarantined = dict(connection.execute("SELECT feed, count(*) FROM quarantine.rows GROUP BY feed").fetchall())
        open_yet.pop_all()
    return Publication(catalogue, connection, at_once, (state.st_ino, state.st_mtime_ns), quarantined=quarantined)


@contextmanager
def _linked(file: Path, home: Path) -> Iterator[Path]:
    """A name of a file's own for as long as it takes to open it."""
    link = home / LINK.format(os.getpid(), next(_numbers))
    os.link(file, link)
    try:
        yield link
    finally:
        link.unlink()


def _plan_little(connection: duckdb.DuckDBPyConnection) -> None:
    """Keeps a connection from thinking about its plans for longer than they take."""
    not_worth = "SELECT string_agg(name) FROM duckdb_optimizers() WHERE name NOT IN (SELECT unnest(?))"
    names = connection.execute(not_worth, [_WORTH_A_THOUGHT]).fetchall()[0][0]
    connection.execute(f"SET disabled_optimizers = '{names}'")


def _harden(connection: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Takes from a connection all that a question does not need: files other than those of the views, extensions, settings."""
    snapshots = str(home / "warehouse").replace("'", "''")
    for setting in (
        "GLOBAL TimeZone = 'UTC'",
        "temp_directory = ''",
        f"allowed_directories = ['{snapshots}']",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")


def remove_links(home: Path) -> None:
    """Removes what a server that was killed between linking and opening has left."""
    for link in home.glob(LINK.format("*", "*")):
        if (pid := link.name.split("-")[1]).isdigit() and int(pid) != os.getpid() and not psutil.pid_exists(int(pid)):
            link.unlink(missing_ok=True)
