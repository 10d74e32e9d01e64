"""`songify approve`."""

import getpass
from typing import Annotated

import typer

from songify_assets.cli.load import as_text, run_load
from songify_assets.cli.session import day, session
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
        from songify_assets.definitions import FEEDS
        from songify_assets.foundation.deliveries import judge
        from songify_assets.orchestration.feed_assets import report_judgement

        feed = next((feed for feed in FEEDS if feed.raw == asset and feed.kind == "full dump"), None)
        if feed is None:
            dumps = ", ".join(one.raw for one in FEEDS if one.kind == "full dump")
            raise SettingsError(f"no full dump is called '{asset}'", where="ASSET", remedy=f"There are {dumps}.")
        dump = opened.store.ledger.delivery(feed.name, day(partition))
        if dump is None or dump.status != "held":
            held = [
                f"{one.raw} {two.delivered_on}"
                for one in FEEDS
                for two in opened.store.ledger.deliveries(one.name)
                if two.status == "held"
            ]
            what = f"{asset} {partition} is not held"
            raise SettingsError(what, where="PARTITION", remedy=f"Held are: {', '.join(held) or 'none'}.")
        opened.store.ledger.approve(dump, getpass.getuser(), reason)
        for changed in judge(opened.store, feed):
            report_judgement(opened.instance, feed, opened.store, changed)
        report = run_load(opened, [], stale_only=True)
    typer.echo(
        f"{asset} {partition} is released: {dump.missing} keys are deleted. Your name, the time and the reason are kept."
    )
    typer.echo(as_text(report))
    raise typer.Exit(report.exit_status)
