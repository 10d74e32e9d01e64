"""The commands of `songify`, as the terminal offers them."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from songify_assets.cli import app


def commands(command: Any, path: tuple[str, ...] = ("songify",)) -> Iterator[tuple[str, Any]]:
    """Every command that can be called, with its full name."""
    if not hasattr(command, "commands"):
        yield " ".join(path), command
    else:
        for word, inner in command.commands.items():
            yield from commands(inner, (*path, word))


COMMANDS = dict(commands(get_command(app)))
