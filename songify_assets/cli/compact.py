"""`songify compact`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from songify_assets.cli.load import MOST_LINES, as_text, run_load
from songify_assets.cli.session import Progress, session
from songify_assets.cli.terminal import say

if TYPE_CHECKING:
    from songify_assets.orchestration.automation.compaction.saved import Saved


def compact(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say about what it would save.")] = False,
) -> None:
    """Keep old days smaller: landed bytes compressed, raw dumps taken away, large tables packed, logs thinned out.

    Ages are set by SONGIFY_KEEP_PLAIN_DAYS, SONGIFY_KEEP_RAW_DAYS, SONGIFY_HOT_DAYS and SONGIFY_WARM_DAYS.
    """
    with session() as opened:
        from songify_assets.definitions import CATALOG
        from songify_assets.orchestration.automation.compaction import Compaction
        from songify_assets.orchestration.load import alone

        progress = Progress()
        with alone(opened.store.settings.home, progress):
            compacted = Compaction(opened.store, CATALOG, opened.triggers).run(progress, dry_run)
        progress.done()
        if compacted.saved:
            Console(width=120).print(_table(compacted.saved.values(), dry_run))
        elif not compacted.errors:
            say("Nothing has grown old since the last time.")
        for error in compacted.errors[:MOST_LINES]:
            say(f"{'error:':14}{error}")
        if len(compacted.errors) > MOST_LINES:
            say(f"{'error:':14}… and {len(compacted.errors) - MOST_LINES:,} more of them")
        status = 1 if compacted.errors else 0
        if compacted.is_to_be_published and not dry_run:
            report = run_load(opened, [], stale_only=True)
            say(as_text(report))
            status = status or report.exit_status
    raise typer.Exit(status)


def _table(saved: Iterable["Saved"], dry_run: bool) -> Table:
    table = Table("what", "files", "rows", "kept", "bytes", "kept", title="Would be kept" if dry_run else "Kept")
    total = [0, 0]
    for one in saved:
        total = [total[0] + one.bytes[0], total[1] + one.bytes[1]]
        rows = map("{:,}".format, one.rows) if any(one.rows) else ("", "")
        table.add_row(one.table, f"{one.files:,}", *rows, *map("{:,}".format, one.bytes))
    table.add_section()
    table.add_row("all", "", "", "", *map("{:,}".format, total))
    return table
