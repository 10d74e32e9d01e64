"""`songify load`."""

import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from songify_assets.cli.session import Progress, Session, day, session
from songify_assets.cli.terminal import say
from songify_assets.errors import SettingsError

if TYPE_CHECKING:
    from songify_assets.orchestration.load import LoadReport

MOST_LINES = 20


def load(
    source: Annotated[list[str] | None, typer.Option(help="Only this source; may be repeated.")] = None,
    since: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="Only drops for this day and later.")
    ] = None,
    until: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="Only drops for this day and earlier.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Look at the drops once, land all that are complete and new, compute everything they touch, publish the warehouse."""
    if since and until and until < since:
        remedy = "Give a day that is not before --since, or an earlier --since."
        raise SettingsError(f"{until} is before --since {since}", where="--until", remedy=remedy)
    with session() as opened:
        report = run_load(opened, source or [], since, until)
    if as_json:
        say(json.dumps(as_document(report), indent=2))
    else:
        say(as_text(report))
    raise typer.Exit(report.exit_status)


def run_load(
    opened: Session,
    sources: list[str],
    since: date | None = None,
    until: date | None = None,
    *,
    stale_only: bool = False,
) -> "LoadReport":
    """Loads with progress on standard error; `stale_only` looks at no drops and computes what is out of date."""
    from songify_assets.definitions import CATALOG
    from songify_assets.foundation.engines.spark_reach import need_spark
    from songify_assets.orchestration.load import load as load_drops

    known = list(dict.fromkeys(feed.source for feed in CATALOG.feeds))
    for name in sources:
        if name not in known:
            raise SettingsError(
                f"there is no source '{name}'", where="--source", remedy=f"Sources are {', '.join(known)}."
            )
    settings = opened.store.settings
    if settings.engine == "spark":
        need_spark(settings.spark_master)
    progress = Progress()
    try:
        return load_drops(
            opened.definitions,
            opened.planner,
            CATALOG.feeds,
            opened.instance,
            sources=[] if stale_only else sources or known,
            since=since or date.min,
            until=until or date.max,
            tell=progress,
        )
    finally:
        progress.done()


def as_document(report: "LoadReport") -> dict[str, Any]:
    """The report as JSON."""
    return {
        "exit_status": report.exit_status,
        "seconds": round(report.seconds, 2),
        "landed": [
            {
                "source": look.source,
                "feed": file.feed,
                "delivered_on": str(file.delivered_on),
                "file": file.place,
                "bytes": file.size,
            }
            for look in report.looks
            for file in look.landed
        ],
        "waiting": [f"{look.source}/{path}" for look in report.looks for path in look.waiting],
        "notes": [note for look in report.looks for note in look.notes],
        "refused_files": [str(error) for look in report.looks for error in look.refused]
        + [f"{place}: {why}" for place, why in report.killed_refused.items()],
        "held_by_killed_load": report.killed_held,
        "unreachable": [str(error) for error in report.unreachable],
        "errors": [str(error) for error in report.errors] + report.outcome.failures,
        "runs": report.outcome.runs,
        "partitions_computed": report.outcome.computed,
        "quarantined_rows": report.quarantined_rows,
        "failed_checks": [vars(check) for check in report.outcome.failed_checks],
        "kept_as_before": report.kept,
        "changed": report.changed,
        "lost": report.lost,
    }


def _some(label: str, texts: Sequence[str]) -> list[str]:
    """A line for each text; of very many only the first."""
    lines = [f"{label:14}{text}" for text in texts[:MOST_LINES]]
    more = len(texts) - MOST_LINES
    return [*lines, f"{label:14}… and {more:,} more; --json has them all"] if more > 0 else lines


def as_text(report: "LoadReport") -> str:
    """The report for people."""
    outcome, landed = report.outcome, sum(len(look.landed) for look in report.looks)
    lines = list(dict.fromkeys(f"{'unreachable:':14}{error}" for error in report.unreachable))
    lines += [f"{'error:':14}{error}" for error in report.errors] + [
        f"{'failed:':14}{failure}" for failure in outcome.failures
    ]
    lines += [f"{'refused file:':14}{error}" for look in report.looks for error in look.refused]
    lines += [f"{'refused file:':14}{place}: {why}" for place, why in report.killed_refused.items()]
    lines += [f"{'held back:':14}{dump}: {why}; see songify approve" for dump, why in report.killed_held.items()]
    for check in sorted(outcome.failed_checks, key=lambda one: (not one.blocking, one.severity, one.asset)):
        label = (
            "refused file:"
            if check.check == "readable"
            else "held back:"
            if check.blocking
            else "error:"
            if check.severity == "ERROR"
            else "notice:"
        )
        lines.append(f"{label:14}{check.asset} {check.check}: {check.text}")
    lines += _some("as before:", [f"{asset} {says}" for asset, says in report.kept.items()])
    lines += _some("changed:", report.changed)
    lines += _some("lost:", report.lost)
    lines += _some("note:", [note for look in report.looks for note in look.notes])
    growing = "is still growing; the next load looks again"
    lines += _some("waiting:", [f"{look.source}/{path} {growing}" for look in report.looks for path in look.waiting])
    computed = sum(outcome.computed.values())
    lines.append(
        f"{landed} new files landed, {computed} partitions of {len(outcome.computed)} assets computed in {outcome.runs} runs, "
        f"{report.seconds:.1f} s."
        if landed or computed
        else "Nothing new was found."
        if report.unreachable or report.errors or outcome.failures
        else "Nothing new; everything is up to date."
    )
    if report.quarantined_rows:
        lines.append(f"Rows in quarantine: {report.quarantined_rows:,}. See songify quarantine list.")
    return "\n".join(lines)
