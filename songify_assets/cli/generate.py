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
    into: Annotated[Path, typer.Argument(metavar="DIR", help="Where the drops are written, one folder a source.")],
    days: Annotated[int, typer.Option(help="How many days of drops.")],
    scale: Annotated[float, typer.Option(help="1 is about the size of the real data a day.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    first_day: Annotated[date, typer.Option(parser=day, metavar="DATE", help="The first delivery date.")] = FIRST_DAY,
    source: Annotated[list[str] | None, typer.Option(help="Only this source; may be repeated.")] = None,
    defect: Annotated[
        list[str] | None, typer.Option(help="NAME=SHARE of records with a defect; may be repeated.")
    ] = None,
) -> None:
    """Write deterministic synthetic drops for demos, tests and benchmarks."""
    from songify_assets import generator

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
