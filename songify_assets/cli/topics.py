"""The answers of a topic: SQL files of its dataset, asked of the published warehouse for a month."""

import sys
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from songify_assets.errors import HomeError, SettingsError
from songify_assets.foundation.published import begun

VIEWING, MONTHS = "viewing", "months.sql"
AHEAD = ("payments",)  # topics that also know of months to come; tables of others end with what was delivered


def opened(home: Path) -> duckdb.DuckDBPyConnection:
    """The published warehouse, to read; raises SettingsError where there is none yet, and HomeError for a broken one."""
    warehouse = home / "warehouse.duckdb"
    if not warehouse.exists():
        raise SettingsError(
            "there is no warehouse yet", where=str(warehouse), remedy="Run `songify load` (or `songify demo`) first."
        )
    try:
        return duckdb.connect(str(warehouse), read_only=True)
    except duckdb.Error as error:
        what, remedy = f"it cannot be read ({str(error).splitlines()[0]})", "Run `songify load`: it is made again."
        raise HomeError(what, where=str(warehouse), remedy=remedy) from None


def chosen_month(months: list[str], month: str | None, of: str, home: Path) -> str:
    """The month that is asked about, by default the latest; raises SettingsError where there is nothing of it."""
    chosen = month or (months[-1] if months else None)
    if chosen is not None and chosen in months:
        return chosen
    there = f"Months with {of}: {', '.join(months)}." if months else f"Deliver {of} and run `songify load`."
    what = f"no {of} of {month} were loaded" if month else f"no {of} were loaded yet"
    raise SettingsError(what, where="--month" if month else str(home / "warehouse.duckdb"), remedy=there)


def read_topic(home: Path, topic: str, month: str | None) -> dict[str, Any]:
    """The answers of a topic and month (None: the latest that has begun), each with its columns, rows and the SQL that gives them.

    Raises SettingsError for a topic that is none, and for a month of which nothing was loaded.
    """
    folder = _folder(topic)
    with opened(home) as connection:
        try:
            months = [f"{row[0]:%Y-%m}" for row in connection.execute(_text(folder / MONTHS)).fetchall()]
            if topic in AHEAD and month is None:
                months = begun(connection, topic, months)
            chosen = chosen_month(months, month, f"{topic} data", home)
            answers = [_answer(connection, file, chosen) for file in _questions(folder)]
        except duckdb.CatalogException:
            what, remedy = (
                f"it has no tables of {topic}: an older version made it",
                "Run `songify load`: it is made again.",
            )
            raise HomeError(what, where=str(home / "warehouse.duckdb"), remedy=remedy) from None
    return {"topic": topic, "month": chosen, "answers": answers}


def _folder(topic: str) -> Traversable:
    datasets = resources.files("songify_assets.datasets")
    topics = sorted(folder.name for folder in datasets.iterdir() if (folder / "sql" / MONTHS).is_file())
    if topic not in topics:
        known = ", ".join([VIEWING, *topics])
        raise SettingsError(f"there is no topic '{topic}'", where="--topic", remedy=f"Topics: {known}.")
    return datasets / topic / "sql"


def _questions(folder: Traversable) -> list[Traversable]:
    return sorted((file for file in folder.iterdir() if file.name != MONTHS), key=lambda file: file.name)


def _text(file: Traversable) -> str:
    return file.read_text("utf-8").strip()


def _answer(connection: duckdb.DuckDBPyConnection, file: Traversable, month: str) -> dict[str, Any]:
    query = _text(file).replace("getvariable('month')", f"DATE '{month}-01'")
    answer = connection.execute(query)
    columns = [column[0] for column in answer.description or ()]
    return {"question": file.name.removesuffix(".sql"), "columns": columns, "rows": answer.fetchall(), "sql": query}


def in_words(sql: str) -> str:
    """The question of a query: what its first line says.

    >>> in_words("-- how long a stream lasts\\nSELECT 1 AS value")
    'how long a stream lasts'
    """
    return sql.partition("\n")[0].removeprefix("-- ")


def show_topic(asked: dict[str, Any], sql: bool = False) -> None:
    """Prints each answer as a table."""
    console = Console(soft_wrap=sql, width=None if sys.stdout.isatty() else 120)
    for answer in asked["answers"]:
        title = f"{answer['question']}: {in_words(answer['sql'])}, {asked['month']}"
        table = Table(*answer["columns"], title=title, title_justify="left")
        for row in answer["rows"]:
            table.add_row(*(Text("" if value is None else _shown(value)) for value in row))
        console.print(table)
        if sql:
            console.print(answer["sql"] + "\n", highlight=False, markup=False)


def _shown(value: Any) -> str:
    return f"{value:,.2f}".removesuffix(".00") if isinstance(value, float) else str(value)
