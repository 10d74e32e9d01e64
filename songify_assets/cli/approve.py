"""`songify approve`."""

import getpass
from typing import Annotated

import typer

from songify_assets.cli.load import as_text, run_load
from songify_assets.cli.session import day, session
from songify_assets.cli.terminal import say
from songify_assets.errors import SettingsError


def approve(
    asset: Annotated[str, typer.Argument(help="The asset as the web UI shows it, such as raw/books.")],
    partition: Annotated[str, typer.Argument(help="The delivery date, such as 2021-12-02.")],
    reason: Annotated[str, typer.Option(help="Why the dump is right; kept with your name.")],
) -> None:
    """Release a dump that the mass-delete check holds back. It holds for these bytes: a correction is judged anew."""
    if not reason.strip():
        raise SettingsError("the reason is empty", where="--reason", remedy="Say why the dump is right.")
    with session() as opened:
        from songify_assets.definitions import CATALOG
        from songify_assets.foundation.delivery.approval import held_dump
        from songify_assets.orchestration.runs import QUIET

        _, dump = held_dump(opened.store, CATALOG.feeds, asset, day(partition))
        config = {"asset": asset, "partition": partition, "reason": reason, "approved_by": getpass.getuser()}
        opened.definitions.resolve_job_def("approve").execute_in_process(
            instance=opened.instance, run_config={"ops": {"release_dump": {"config": config}}, **QUIET}
        )
        report = run_load(opened, [], stale_only=True)
    say(
        f"{asset} {partition} is released: {dump.missing} keys are deleted. Your name, the time and the reason are kept."
    )
    say(as_text(report))
    raise typer.Exit(report.exit_status)
