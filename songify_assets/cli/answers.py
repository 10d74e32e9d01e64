"""`songify answers`."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from songify_assets.cli.topics import VIEWING, chosen_month, in_words, opened, read_topic, show_topic
from songify_assets.errors import SettingsError
from songify_assets.settings import load_settings


def answers(
    month: Annotated[str | None, typer.Option(help="The month, such as 2021-12; by default the latest one.")] = None,
    topic: Annotated[
        str,
        typer.Option(
            help="What is asked about: viewing, listening, playlists, royalties, subscriptions, payments, marketing, or live."
        ),
    ] = VIEWING,
    sql: Annotated[bool, typer.Option("--sql", help="Show the SQL of each answer.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """The business answers of a month, each with its SQL."""
    if month and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise SettingsError(f"'{month}' is not a month", where="--month", remedy="Write it like 2021-12.")
    home = load_settings().home
    asked = read_answers(home, month) if topic == VIEWING else read_topic(home, topic, month)
    if as_json:
        typer.echo(json.dumps(asked, indent=2, default=str))
    elif topic == VIEWING:
        show(asked, sql)
    else:
        show_topic(asked, sql)


def read_answers(home: Path, month: str | None) -> dict[str, Any]:
    """The answers of a month (None: the latest one) from the published warehouse."""
    with opened(home) as connection:
        asked = "SELECT DISTINCT strftime(month, '%Y-%m') FROM viewing.answers ORDER BY 1"
        months = [row[0] for row in connection.execute(asked).fetchall()]
        chosen = chosen_month(months, month, "streams", home)
        rows = connection.execute(
            "SELECT question, value, unit, sql FROM viewing.answers WHERE strftime(month, '%Y-%m') = ?",
            [chosen],
        ).fetchall()
    return {
        "month": chosen,
        "answers": [dict(zip(("question", "value", "unit", "sql"), row, strict=True)) for row in rows],
    }


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
