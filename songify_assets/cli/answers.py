"""`songify answers`."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from songify_assets.errors import HomeError, SettingsError
from songify_assets.settings import load_settings


def answers(
    month: Annotated[str | None, typer.Option(help="The month, such as 2021-12; by default the latest one.")] = None,
    sql: Annotated[bool, typer.Option("--sql", help="Show the SQL of each answer.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """The six business answers of a month, each with its SQL."""
    if month and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise SettingsError(f"'{month}' is not a month", where="--month", remedy="Write it like 2021-12.")
    asked = read_answers(load_settings().home, month)
    if as_json:
        typer.echo(json.dumps(asked, indent=2))
        return
    show(asked, sql)


def read_answers(home: Path, month: str | None) -> dict[str, Any]:
    """The answers of a month (None: the latest one) from the published warehouse."""
    warehouse = home / "warehouse.duckdb"
    if not warehouse.exists():
        raise SettingsError(
            "there is no warehouse yet", where=str(warehouse), remedy="Run `songify load` (or `songify demo`) first."
        )
    try:
        opened = duckdb.connect(str(warehouse), read_only=True)
    except duckdb.Error as error:
        what, remedy = f"it cannot be read ({str(error).splitlines()[0]})", "Run `songify load`: it is made again."
        raise HomeError(what, where=str(warehouse), remedy=remedy) from None
    with opened as connection:
        months = [
            row[0]
            for row in connection.execute(
                "SELECT DISTINCT strftime(month, '%Y-%m') FROM viewing.answers ORDER BY 1"
            ).fetchall()
        ]
        chosen = month or (months[-1] if months else None)
        if chosen not in months:
            there = (
                f"Months with streams: {', '.join(months)}." if months else "Deliver streams and run `songify load`."
            )
            what = f"no stream of {month} was loaded" if month else "no streams were loaded yet"
            raise SettingsError(what, where="--month" if month else str(warehouse), remedy=there)
        rows = connection.execute(
            "SELECT question, value, unit, sql FROM viewing.answers WHERE strftime(month, '%Y-%m') = ?",
            [chosen],
        ).fetchall()
    return {
        "month": chosen,
        "answers": [dict(zip(("question", "value", "unit", "sql"), row, strict=True)) for row in rows],
    }


def in_words(sql: str) -> str:
    """The question of a query: what its first line says.

    >>> in_words("-- how long a stream lasts\\nSELECT 1 AS value")
    'how long a stream lasts'
    """
    return sql.partition("\n")[0].removeprefix("-- ")


def show(asked: dict[str, Any], sql: bool = False) -> None:
    """Prints the answers as a table."""
    console = Console(soft_wrap=sql, width=None if sys.stdout.isatty() else 120)
    table = Table("answer", "", "question", title=f"The six answers of {asked['month']}", title_justify="left")
    table.columns[0].justify = "right"
    for answer in asked["answers"]:
        value = "none" if answer["value"] is None else f"{answer['value']:,.2f}".removesuffix(".00")
        table.add_row(value, answer["unit"], f"{answer['question']}: {in_words(answer['sql'])}")
    console.print(table)
    for answer in asked["answers"] if sql else ():
        console.print(f"\n-- {answer['question']}", style="bold")
        console.print(answer["sql"], highlight=False, markup=False)
