"""Homes of the product for the benchmark: prepared once, copied before each run so that each starts alike."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PRODUCT = Path(__file__).parents[1]
DEFECTS = ("unparseable=0.001", "impossible=0.001")


def environment(home: Path, drops: Path) -> dict[str, str]:
    """The environment of the product's commands."""
    left_out = ("SONGIFY_", "DAGSTER_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {
        **kept,
        "PYTHONPATH": str(PRODUCT),
        "SONGIFY_HOME": str(home),
        "SONGIFY_DROPS_URL": drops.as_uri(),
        "SONGIFY_SETTLE_SECONDS": "0",
    }


def songify(*args: str) -> list[str]:
    """The command line of a product's command."""
    return [sys.executable, "-m", "songify_assets", *args]


def generated(into: Path, days: int, scale: float, sources: Sequence[str], *, broken: bool = True) -> Path:
    """Drops of some days, made by `songify generate`, with a thousandth `broken` in two ways; made once."""
    if not into.exists():
        chosen = [argument for source in sources for argument in ("--source", source)]
        making = into.with_suffix(".making")
        defects = [argument for defect in DEFECTS if broken for argument in ("--defect", defect)]
        command = songify("generate", str(making), "--days", str(days), "--scale", str(scale), *chosen, *defects)
        subprocess.run(command, check=True, env=environment(into, into), capture_output=True)
        making.rename(into)
    return into


def loaded(home: Path, drops: Path, *args: str) -> None:
    """Loads drops into a home, before anything is timed."""
    subprocess.run(songify("load", *args), env=environment(home, drops), check=False, capture_output=True)


def copied(home: Path, to: Path) -> Path:
    """A copy of a home; what is only ever replaced whole is linked, not copied."""
    shutil.rmtree(to, ignore_errors=True)
    if home.exists():
        shutil.copytree(home, to, copy_function=_linked_if_immutable)
    else:
        to.mkdir(parents=True)
    return to


def _linked_if_immutable(source: str, target: str) -> str:
    if "/lake/" in source or "/landing/files/" in source:
        os.link(source, target)
        return target
    return str(shutil.copy2(source, target))
