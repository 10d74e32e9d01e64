"""What is wrong now, for whoever looks: as the outbox was told last, whether or not anybody has an address for alerts."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from songify_assets.foundation.alerting.routing import Severity
from songify_assets.foundation.trouble import of_database

REMEDY = "Remove it: only what people were told is lost, and they are told again."


@dataclass(frozen=True)
class OpenProblem:
    """Something that is wrong: what, what to do about it, where to look, and since when it is so."""

    key: str
    severity: Severity
    title: str
    body: str
    link: str
    since: datetime


@dataclass(frozen=True)
class Watch:
    """What is wrong, errors first, and when somebody looked last; None if nobody ever did."""

    at: datetime | None
    problems: list[OpenProblem]


def last_watch(outbox: Path) -> Watch:
    """What the alerts sensor found when it looked last. Reads only; HomeError when the outbox cannot be read."""
    if not outbox.exists():
        return Watch(None, [])
    try:
        with closing(sqlite3.connect(f"{outbox.as_uri()}?mode=ro", uri=True, timeout=5)) as db:
            return _read(db)
    except sqlite3.Error as error:
        raise of_database(error, outbox, REMEDY) from None


def _read(db: sqlite3.Connection) -> Watch:
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"problems", "watched"} <= tables:  # an older version wrote it
        return Watch(None, [])
    [at] = db.execute("SELECT max(at) FROM watched").fetchone()
    rows = db.execute("SELECT key, severity, title, body, link, since FROM problems ORDER BY severity, since, key")
    problems = [
        OpenProblem(key, severity, title, body, link, datetime.fromisoformat(since))
        for key, severity, title, body, link, since in rows
    ]
    return Watch(datetime.fromisoformat(at) if at else None, problems)
