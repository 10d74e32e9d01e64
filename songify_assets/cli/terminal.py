"""What goes to the terminal: any text as text, whoever wrote it."""

import typer
from rich.text import Text

from songify_assets.texts import printable


def say(text: str, *, err: bool = False) -> None:
    """Prints lines, on standard error with `err`."""
    typer.echo(printable(text), err=err)


def cell(text: str) -> Text:
    """A cell of a table; what looks like Rich's markup is text like any other."""
    return Text(printable(text))
