"""`songify close`, `songify restate` and `songify statements`."""

import getpass
import json
import re
import sys
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from songify_assets.cli.load import as_text, run_load
from songify_assets.cli.session import Progress, Session, session
from songify_assets.cli.terminal import cell, say
from songify_assets.errors import SettingsError, SongifyError

if TYPE_CHECKING:
    from songify_assets.foundation.ledger.statements import Statement
    from songify_assets.orchestration.closing import Closing

MONTH = Annotated[str, typer.Argument(help="The month, such as 2021-12.")]
TABLE = Annotated[str, typer.Option(help="The table, such as subscriptions/mrr.")]
MARKET_SHARE = "royalties/market_share"


def close(
    month: MONTH,
    table: TABLE = MARKET_SHARE,
    reason: Annotated[str, typer.Option(help="Why, if there is more to say; kept with your name.")] = "",
    despite: Annotated[
        str, typer.Option(help="Close it although something is missing, for this reason; kept with your name.")
    ] = "",
) -> None:
    """Freeze a month's rows as version 1 of its statement: no load changes them any more."""
    first = month_of_text(month)
    with session() as opened:
        closing, alone = _closing(opened)
        with alone(opened.store.settings.home, Progress()):
            statement = closing.close(
                opened.instance, table, first, by=getpass.getuser(), reason=reason, despite=despite
            )
        _tell(opened, statement, "closed as")


def restate(
    month: MONTH,
    reason: Annotated[str, typer.Option(help="Why the statement is corrected; kept with your name.")],
    table: TABLE = MARKET_SHARE,
) -> None:
    """Freeze a closed month's rows as they are now, as the next version of its statement."""
    first = month_of_text(month)
    with session() as opened:
        closing, alone = _closing(opened)
        with alone(opened.store.settings.home, Progress()):
            statement = closing.restate(table, first, by=getpass.getuser(), reason=reason)
        _tell(opened, statement, "restated as")


def statements(
    month: Annotated[str | None, typer.Argument(help="Only this month, such as 2021-12.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """The statements of closed months: who, when, why, digest, and how far the month has moved since."""
    first = month_of_text(month) if month else None
    with session() as opened:
        from songify_assets.foundation.ledger.statements import statements as kept

        closing, _ = _closing(opened)
        told = [_told(closing, statement) for statement in kept(opened.store.ledger, None, first)]
    if as_json:
        say(json.dumps(told, indent=2))
    elif not told:
        say(
            f"No statement{f' of {month}' if month else ''} yet. A month is closed by `songify close {month or '2021-12'}`."
        )
    else:
        _print(told)
    raise typer.Exit(1 if any(one["damage"] for one in told) else 0)


def month_of_text(text: str) -> date:
    """A month of the command line, as its first day."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])(-01)?", text) or text.startswith("0000"):
        raise SettingsError(f"'{text}' is not a month", where="MONTH", remedy="Write it like 2021-12.")
    return date.fromisoformat(f"{text[:7]}-01")


def _closing(opened: Session) -> tuple["Closing", Any]:
    from songify_assets.definitions import CATALOG
    from songify_assets.orchestration.closing import Closing
    from songify_assets.orchestration.load import alone

    return Closing(opened.store, CATALOG, opened.triggers), alone


def _tell(opened: Session, statement: "Statement", verb: str) -> None:
    """Says what was frozen, has it published, and ends the command."""
    say(f"{statement.table} {statement.month:%Y-%m} is {verb} version {statement.version}: {statement.rows:,} rows, "
        f"from {len(statement.deliveries):,} delivered files, digest {statement.digest}.")  # fmt: skip
    if statement.despite:
        say(f"Kept is that it was to be closed whatever is missing: {statement.despite}")
    report = run_load(opened, [], stale_only=True)
    say(as_text(report))
    raise typer.Exit(report.exit_status)


def _told(closing: "Closing", statement: "Statement") -> dict[str, Any]:
    try:
        moved, damage = closing.moved(statement), ""
    except SongifyError as error:
        moved, damage = None, str(error)
    own = {
        name: getattr(statement, name)
        for name in ("table", "version", "closed_by", "reason", "despite", "digest", "rows")
    }
    when = {"month": f"{statement.month:%Y-%m}", "closed_at": statement.closed_at.isoformat(timespec="seconds")}
    return {**own, **when, "deliveries": len(statement.deliveries), "rows_moved": moved, "damage": damage}


def _print(told: list[dict[str, Any]]) -> None:
    table = Table("table", "month", "version", "closed at", "by", "reason", "despite", "rows", "digest", "moved since")
    for one in told:
        since = one["damage"] or (f"{one['rows_moved']:,} rows" if one["rows_moved"] else "nothing")
        cells = (
            one["closed_by"],
            one["reason"] or "",
            one["despite"] or "",
            f"{one['rows']:,}",
            one["digest"][:12],
            since,
        )
        table.add_row(one["table"], one["month"], str(one["version"]), one["closed_at"], *map(cell, cells))
    Console(width=None if sys.stdout.isatty() else 200).print(table)
