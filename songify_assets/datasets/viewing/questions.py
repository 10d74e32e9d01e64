"""The business questions: SQL files with two variables, `month` and `timezone`, asked of the warehouse's tables."""

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb
import polars as pl


def render(sql: str, month: str, timezone: str) -> str:
    """The query of a month as it runs on the warehouse without any variable."""
    return (
        sql.replace("getvariable('month')", f"DATE '{month}'")
        .replace("getvariable('timezone')", f"'{timezone}'")
        .strip()
    )


def ask(
    connection: duckdb.DuckDBPyConnection, questions: Mapping[str, str], months: Sequence[str], timezone: str
) -> pl.LazyFrame:
    """The answers to all questions for these months, in the columns of `viewing.answers`; none for a month without streams."""
    streamed = "SELECT count(*) FROM viewing.streams WHERE date_trunc('month', stream_date) = ?"
    rows = []
    for month in months:
        if not (connection.execute(streamed, [month]).fetchone() or [0])[0]:
            continue
        for question, sql in questions.items():
            query = render(sql, month, timezone)
            value, unit = connection.execute(query).fetchone() or (None, "")
            rows.append((date.fromisoformat(month), question, None if value is None else float(value), unit, query))
    schema = {"month": pl.Date, "question": pl.String, "value": pl.Float64, "unit": pl.String, "sql": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").lazy()
