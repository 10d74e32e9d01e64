"""`songify generate`."""

import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from songify_assets.cli.session import Progress, day
from songify_assets.cli.terminal import say
from songify_assets.errors import SettingsError

FIRST_DAY = date(2021, 12, 1)


def generate(
    into: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where the drops are written, one folder a source.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="How many days of drops.")] = None,
    scale: Annotated[float | None, typer.Option(help="1 is about the size of the real data a day.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    first_day: Annotated[date, typer.Option(parser=day, metavar="DATE", help="The first delivery date.")] = FIRST_DAY,
    source: Annotated[list[str] | None, typer.Option(help="Only this source; may be repeated.")] = None,
    defect: Annotated[
        list[str] | None, typer.Option(help="NAME=SHARE of records with a defect; may be repeated.")
    ] = None,
    live: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Instead of writing drops, send events to this `songify live` until Ctrl-C."),
    ] = None,
    rate: Annotated[int, typer.Option(min=1, help="With --live: how many events a minute.")] = 6000,
) -> None:
    """Write deterministic synthetic drops for demos, tests and benchmarks, or send events to `songify live`."""
    from songify_assets import generator

    if live:
        if into:
            raise SettingsError(
                "either a folder or an address is filled", where="DIR", remedy="Leave DIR out with --live."
            )
        _send(live, rate, seed)
        return
    if into is None or days is None or scale is None:
        lacking = [name for name, given in (("DIR", into), ("--days", days), ("--scale", scale)) if given is None]
        remedy = "Write it like `songify generate drops --days 2 --scale 1`, or give --live."
        raise SettingsError(f"{' and '.join(lacking)} must be given", where="songify generate", remedy=remedy)

    progress, started = Progress(), time.monotonic()
    chosen = {"sources": source} if source else {}
    files = generator.generate(
        into,
        days=days,
        scale=scale,
        seed=seed,
        first_day=first_day,
        defects=_shares(defect or []),
        progress=progress,
        **chosen,
    )
    progress.done()
    size = sum(file.stat().st_size for file in files)
    say(f"{len(files)} files, {size / 1e6:,.1f} MB in {into}, {time.monotonic() - started:.1f} s.")


def _send(url: str, rate: int, seed: int) -> None:
    from songify_assets.generator.live_sender import send

    progress = Progress()
    sent = send(url, rate, progress, seed=seed)
    progress.done()
    say(f"{sent.events['logins']:,} logins and {sent.events['steps']:,} steps in {sent.batches:,} batches, "
        f"of which {sent.repeated:,} were sent twice.")  # fmt: skip


def _shares(defects: list[str]) -> dict[str, float]:
    from songify_assets.generator import DEFECTS

    shares = {}
    for text in defects:
        name, _, share = text.partition("=")
        try:
            shares[name] = float(share)
        except ValueError:
            raise SettingsError(
                f"'{text}' is not NAME=SHARE", where="--defect", remedy="Write it like ragged=0.01."
            ) from None
        if name not in DEFECTS or not 0 <= shares[name] <= 1:
            raise SettingsError(
                f"'{text}' is no defect and share",
                where="--defect",
                remedy=f"Defects: {', '.join(DEFECTS)}; shares 0 to 1.",
            )
    return shares
