"""`songify compact`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from songify_assets.cli.load import as_text, run_load
from songify_assets.cli.session import Progress, session
from songify_assets.cli.terminal import say


def compact(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would save.")] = False,
) -> None:
    """Keep of logs older than SONGIFY_HOT_DAYS the last snapshot of each week, older than SONGIFY_WARM_DAYS of each month."""
    with session() as opened:
        from songify_assets.definitions import CATALOG
        from songify_assets.foundation.ledger import PUBLISHED
        from songify_assets.orchestration.automation.compaction import Compaction
        from songify_assets.orchestration.load import alone

        progress = Progress()
        with alone(opened.store.settings.home, progress):
            saved = Compaction(opened.store, CATALOG, opened.triggers).run(progress, dry_run)
            if saved and not dry_run:
                opened.store.ledger.mark([(PUBLISHED, "")])
        if not saved:
            say("Nothing has grown cold since the last time.")
            return
        table = Table("log", "days", "rows", "kept", "bytes", "kept", title="Would be kept" if dry_run else "Kept")
        for one in saved:
            table.add_row(one.table, *(f"{number:,}" for number in (one.partitions, *one.rows, *one.bytes)))
        Console(width=120).print(table)
        if dry_run:
            return
        report = run_load(opened, [], stale_only=True)
    say(as_text(report))
    raise typer.Exit(report.exit_status)
