"""`songify approve`."""

import getpass
from typing import Annotated

import typer

from songify_assets.cli.load import as_text, run_load
from songify_assets.cli.session import day, session


def approve(
    asset: Annotated[str, typer.Argument(help="The asset as the web UI shows it, such as raw/books.")],
    partition: Annotated[str, typer.Argument(help="The delivery date, such as 2021-12-02.")],
    reason: Annotated[str, typer.Option(help="Why the dump is right; kept with your name.")],
) -> None:
    """Release a dump that the mass-delete check holds back. It holds for these bytes: a correction is judged anew."""
    with session() as opened:
        from songify_assets.definitions import FEEDS
        from songify_assets.foundation.approval import approve as release
        from songify_assets.orchestration.raw_checks import report_judgement

        by = getpass.getuser()
        feed, dump, judged = release(opened.store, FEEDS, asset, day(partition), by=by, reason=reason)
        for changed in judged:
            report_judgement(opened.instance, feed, opened.store, changed)
        report = run_load(opened, [], stale_only=True)
    typer.echo(
        f"{asset} {partition} is released: {dump.missing} keys are deleted. Your name, the time and the reason are kept."
    )
    typer.echo(as_text(report))
    raise typer.Exit(report.exit_status)
