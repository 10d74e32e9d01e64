"""`songify rebuild`."""

from typing import Annotated

import typer

from songify_assets.cli.load import as_text, run_load
from songify_assets.cli.session import Progress, session
from songify_assets.cli.terminal import say
from songify_assets.settings import load_settings


def rebuild(
    table: Annotated[
        str | None, typer.Option(help="Only this table, such as royalties/plays, and what depends on it.")
    ] = None,
) -> None:
    """Compute the tables and the warehouse anew from what was landed; a lost or damaged ledger is made again first."""
    _mend_databases()
    with session() as opened:
        from songify_assets.definitions import CATALOG
        from songify_assets.foundation.ledger.sightings import forget
        from songify_assets.orchestration.load import alone
        from songify_assets.orchestration.planner.rebuilding import forget_table, forget_tables, lost_bytes

        with alone(opened.store.settings.home, Progress()):
            lost = lost_bytes(opened.store)
            forget(opened.store.ledger, [(place, source) for place, (source, _) in lost.items()])
            for place, (_, why) in lost.items():
                say(
                    f"{'lost:':14}{place}: {why}. The next load fetches it, if it still lies there; else ask for it again."
                )
            if table:
                forget_table(opened.store, opened.triggers, CATALOG.feeds, table)
            else:
                forget_tables(opened.store, keep=bool(lost))
        report = run_load(opened, [], stale_only=True)
    say(as_text(report))
    raise typer.Exit(report.exit_status)


def _mend_databases() -> None:
    from songify_assets.foundation.ledger.rebuilding import damage, make_again
    from songify_assets.orchestration.dagster_internals.storage import put_aside
    from songify_assets.orchestration.load import alone

    home = load_settings().home
    path, landing = home / "ledger.sqlite", home / "landing"
    with alone(home, Progress()):
        for database in put_aside(home):
            say(f"{database} is damaged: it is put aside, and Dagster makes a new one.")
        if what := damage(path, landing):
            say(
                f"The ledger is {what}: it is made again from the manifests of {make_again(path, landing)} landed files."
            )
