"""All engagement tables of the music app from its events and song plays in Parquet (one folder a day), in DuckDB SQL.

Tables and columns are the contract's; those of which each day adds much (users' days, sessions, users of features) are written
one folder a day, so that one more day need not write the others again. Users are numbers where they are only counted, and what
windows, retention and churn count is added up from one count of days, weeks and months each.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench.peers import engagement_sql as sql
from bench.peers.reviews import WRITTEN


@dataclass(frozen=True)
class Tables:
    """Tables that later ones are made from (`keep`), and those that are results (`write`): a file each, or a folder a day."""

    db: duckdb.DuckDBPyConnection
    target: Path
    product: str = "listening"

    def keep(self, name: str, query: str) -> None:
        """Makes a table of a query."""
        self.db.execute(f"CREATE TABLE {name} AS {self._of_product(query)}")

    def write(self, name: str, query: str, day: str = "") -> None:
        """Writes a query into a folder of this name; with the column `day` into a folder a day."""
        query, folder = self._of_product(query), self.target / name
        folder.mkdir()
        by_day = f"({WRITTEN[1:-1]}, PARTITION_BY ({day}), WRITE_PARTITION_COLUMNS)"
        self.db.execute(
            f"COPY ({query}) TO '{folder}' {by_day}" if day else f"COPY ({query}) TO '{folder}/all.parquet' {WRITTEN}"
        )

    def _of_product(self, query: str) -> str:
        return query.replace("'listening'", f"'{self.product}'")


def main(source: Path, target: Path) -> None:
    """Writes a folder for each table."""
    db = duckdb.connect(str(target / "work.duckdb"), config={"threads": 2, "memory_limit": "12GB"})
    db.execute(f"CREATE VIEW events AS FROM '{source}/app_events/*/*.parquet'")
    db.execute(f"CREATE VIEW plays AS FROM '{source}/song_plays/*/*.parquet'")
    tables = Tables(db, target)
    tables.keep("delivered", sql.DELIVERED.format(source))
    for make in (active, _sessions, _funnels, _features):
        make(tables)
    db.close()
    (target / "work.duckdb").unlink()


def active(tables: Tables) -> None:
    """Who was active when, windows, retention and churn, from `plays` and the days `delivered`."""
    tables.keep("complete", sql.COMPLETE)
    tables.keep("user_days", sql.USER_DAYS)
    tables.write("user_days", "FROM user_days", "date")
    tables.keep("first_days", sql.FIRST_DAYS)
    tables.write("first_days", "FROM first_days")
    tables.keep("calendar", sql.CALENDAR)
    tables.keep("numbers", sql.NUMBERS)
    tables.keep("days", sql.DAYS)
    for name, active in sql.PERIODS.items():
        tables.keep(name, sql.COUNTED.format(active))
    tables.write("active_users", sql.WINDOWS)
    tables.write("cohort_retention", sql.TRIANGLE)
    tables.write("retention", sql.FORMS)
    tables.write("churn", sql.CHURN)


def _sessions(tables: Tables) -> None:
    tables.keep("sessions", sql.SESSIONS.format("", "events WHERE user_id IS NOT NULL"))
    tables.db.execute(f"{sql.PAUSED}; INSERT INTO sessions {sql.SESSIONS.format(', part', sql.CUT)}")
    tables.write("sessions", "SELECT * EXCLUDE (session_id) FROM sessions", "session_date")
    tables.write("use_time_daily", sql.USE_TIME)


def _funnels(tables: Tables) -> None:
    tables.keep("steps", sql.STEPS.format(", ".join(f"'{page}', 'Submit {page}'" for page in sql.FUNNELS)))
    for page in sql.FUNNELS:
        tables.keep(f"{page}_entries", sql.ENTRIES.format(page))
    days = [_funnel(page, "entry_date", f"{page}_entries") for page in sql.FUNNELS]
    tables.write("funnels", " UNION ALL ".join(days))
    last = {span: f"entry_date > (SELECT max(date) FROM calendar) - {span}" for span in sql.SPANS}
    totals = [
        _funnel(page, f"{span} AS days", f"{page}_entries WHERE {last[span]}")
        for page in sql.FUNNELS
        for span in sql.SPANS
    ]
    tables.write("funnel_totals", " UNION ALL ".join(totals))


def _funnel(page: str, day: str, entries: str) -> str:
    return f"({sql.FUNNEL.format(page=page, day=day, entries=entries)})"


def _features(tables: Tables) -> None:
    cases = " ".join(f"WHEN '{page}' THEN '{feature}'" for feature, page in sql.FEATURES.items())
    tables.keep(
        "feature_users", sql.FEATURE_USERS.format(cases, ", ".join(f"'{page}'" for page in sql.FEATURES.values()))
    )
    tables.write("feature_users", "FROM feature_users", "date")
    tables.write("feature_usage_daily", sql.FEATURE_USAGE)
    tables.write("feature_retention", sql.FEATURE_RETENTION.format(list(sql.FEATURES)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
