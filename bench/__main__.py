"""The command: `python -m bench [JOB]... --scale 1 --runs 3`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bench.compare import differences
from bench.jobs import JOBS, Contender, Job
from bench.measure import CommandFailed, Figures, Took, summed_up, timed
from bench.report import Measured, written

WORSE = 2.0


def main(
    jobs: Annotated[list[str] | None, typer.Argument(help="Which jobs; all by default.")] = None,
    scale: Annotated[float, typer.Option(help="1 is the size of the targets.")] = 1.0,
    runs: Annotated[int, typer.Option(min=1, help="How often each contender runs.")] = 3,
    work: Annotated[Path, typer.Option(help="Where inputs are kept, and outputs written.")] = Path(".bench"),
    out: Annotated[Path | None, typer.Option(help="Write the figures into this page, between its markers.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only these peers; may be repeated.")] = None,
) -> None:
    """Run jobs in the product and in its peers, in alternation, and write down what they took.

    Ends with status 1 when a result is wrong, and with 3 when a ratio is worse than twice its target.
    """
    if unknown := set(jobs or ()) - {job.name for job in JOBS}:
        known = ", ".join(job.name for job in JOBS)
        raise typer.BadParameter(f"there is no job {', '.join(sorted(unknown))}; jobs are {known}")
    work.mkdir(parents=True, exist_ok=True)
    measured = [measure(job, work.resolve(), scale, runs, only) for job in JOBS if not jobs or job.name in jobs]
    for one in measured:
        typer.echo(one.in_words())
    if out:
        written(out, measured)
    wrong = any(one.wrong for one in measured)
    slow = any(one.worst > WORSE for one in measured)
    raise typer.Exit(1 if wrong else 3 if slow else 0)


def measure(job: Job, work: Path, scale: float, runs: int, only: Sequence[str] | None) -> Measured:
    """Runs a job's contenders in alternation; a peer that cannot run here is left out with its reason."""
    contenders = {
        name: one for name, one in job.prepare(work, scale).items() if name == "product" or not only or name in only
    }
    took: dict[str, list[Took]] = {name: [] for name in contenders}
    missing: dict[str, str] = {}
    wrong: dict[str, str] = {}
    expected = None
    for number in range(runs):
        for name, one in contenders.items():
            if name in missing:
                continue
            typer.echo(f"{job.name}: {name}, run {number + 1} of {runs}", err=True)
            try:
                took[name].append(_run(one, work / f"{job.name}-{name}.log"))
            except CommandFailed as error:
                if name == "product":
                    typer.echo(str(error), err=True)
                    raise typer.Exit(1) from None
                missing[name] = str(error).strip().splitlines()[-1]
                continue
            if number == 0 and one.result:
                result = one.result()
                expected = result if expected is None else expected
                if found := differences(expected, result):
                    wrong[name] = found
    figures: dict[str, Figures] = {name: summed_up(some) for name, some in took.items() if some}
    return Measured(job, scale, _bytes_of(job.source(work, scale)), figures, missing, wrong)


def _run(one: Contender, log: Path) -> Took:
    one.before()
    took = timed(one.command, one.env, log)
    seconds = float(log.read_text().splitlines()[-1]) if one.tells_seconds else took.seconds
    return Took(seconds * one.times, took.peak_bytes)


def _bytes_of(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


if __name__ == "__main__":
    typer.run(main)
