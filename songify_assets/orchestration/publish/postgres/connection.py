"""A connection to Postgres, whose errors are told to people."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from songify_assets.errors import SongifyError

SETTING = "SONGIFY_POSTGRES_URL"
TROUBLES = (
    (r"password authentication failed|no password supplied|role .* does not exist", "it does not take this user and password", f"Correct {SETTING}."),
    (r"database .* does not exist", "it has no such database", f"Create it, or correct {SETTING}."),
    (r"could not translate host|Connection refused|could not connect|timeout expired|No route", "it cannot be reached", f"See that the server runs and that {SETTING} is right."),
    (r"No space left|disk full|could not extend file|could not write", "its disk is full", "Make room on the server."),
    (r"lock timeout|canceling statement due to lock", "another session holds a table locked for more than a minute", "End that session, or wait for it."),
    (r"server closed the connection|terminating connection|connection to server was lost|no connection|SSL connection has been closed", "it went away in the middle", "See why the server stopped."),
    (r"permission denied", "this user may not do that", "Let it create schemas and tables in this database."),
    (r"duplicate key", "two rows have one primary key", "This is a fault of the product: tell its makers."),
)  # fmt: skip
AGAIN = "Nothing was changed there; the next load tries again."


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A connection in a transaction, which is rolled back if the block fails. SongifyError tells what a server does not take."""
    import adbc_driver_manager
    from adbc_driver_postgresql import dbapi

    try:
        with dbapi.connect(plain(url)) as connection:
            yield connection
    except adbc_driver_manager.Error as error:
        raise _told(str(error), url) from None


def plain(url: str) -> str:
    """The address as libpq takes it: without the driver that SQLAlchemy would use, and with an end to waiting.

    >>> plain("postgresql+psycopg2://songify@db/songify")
    'postgresql://songify@db/songify?connect_timeout=10'
    """
    bare = re.sub(r"^(postgres(?:ql)?)\+\w+:", r"\1:", url)
    return bare if "connect_timeout=" in bare else f"{bare}{'&' if '?' in bare else '?'}connect_timeout=10"


def _told(said: str, url: str) -> SongifyError:
    """What to say of an error; never the password."""
    server = re.sub(r"//[^@/]*@", "//", plain(url)).partition("?")[0]
    for words, what, remedy in TROUBLES:
        if re.search(words, said, re.IGNORECASE):
            return SongifyError(what, where=server, remedy=f"{remedy} {AGAIN}")
    password = urlsplit(plain(url)).password
    told = " ".join(said.replace(password, "…").split()) if password else " ".join(said.split())
    return SongifyError(told[:300], where=server, remedy=AGAIN)
