"""Data health: what is late, held, quarantined, failing or out of date, each with what to type."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from shlex import quote

import polars as pl

from songify_assets.errors import HomeError
from songify_assets.foundation.alerting.open_problems import Watch, last_watch
from songify_assets.foundation.ledger import PUBLISHED, Ledger
from songify_assets.foundation.ledger.accepted import held_days
from songify_assets.foundation.ledger.files import RefusedFile, refused_files
from songify_assets.foundation.ledger.reading import ReadLedger
from songify_assets.foundation.ledger.sources import unreachable
from songify_assets.foundation.published import read_failing
from songify_assets.serving.pages import delivered, lateness
from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Facts, Page, Part, Section, Table, Words
from songify_assets.serving.pages.published import Published, Row
from songify_assets.settings import load_settings

LEAD = "What is late, held, quarantined, failing or out of date, and what to type."
OF_CHECKS = (
    "As of this publication. A warning is odd but possible: its rows are kept. Each leads to the web UI; songify status "
    "tells them too."
)


def page(published: Published, query: Mapping[str, str], home: Path) -> Page:
    """The page; with `feed` and `delivered` in the address it begins with the files of that delivery."""
    path = home / "ledger.sqlite"
    if not path.exists():
        nothing = Words("Nothing has landed in this home yet. To see how that looks, type", "songify demo")
        return Page("Data health", LEAD, [Section("late", "Deliveries", [nothing])])
    try:
        return Page("Data health", LEAD, _sections(published, query, home, ReadLedger(path)))
    except HomeError as error:
        wrong = Words(f"{Path(error.where).name}: {error.what}. {error.remedy}", tone="bad")
        return Page("Data health", LEAD, [Section("home", "The home cannot be read", [wrong])])


def _sections(published: Published, query: Mapping[str, str], home: Path, ledger: Ledger) -> list[Section]:
    feeds, failing = lateness.feeds(ledger, datetime.now(load_settings().zone)), _failing_checks(home)
    held, refused, rows = held_days(ledger), refused_files(ledger), _quarantined_rows(published)
    stale = {asset: keys for asset, keys in ledger.stale().items() if asset != PUBLISHED}
    numbers = [
        ("Late", sum(map(lateness.is_late, feeds)), f"of {len(feeds):,} feeds"),
        ("Unreachable", len(unreachable(ledger)), "sources"),
        ("Held", len(held), "dumps that lack too much"),
        ("Quarantined", sum(row["rows"] for row in rows), f"rows, and {len(refused):,} whole files"),
        ("Failing", None if failing is None else len(failing), "checks, when this was published"),
        ("Out of date", sum(map(len, stale.values())), "partitions to compute"),
    ]
    return [
        *delivered.sections(ledger, query.get("feed"), query.get("delivered")),
        Section(
            "now", "At a glance", [Facts([(name, f.count(number).text, about) for name, number, about in numbers])]
        ),
        Section("problems", "Open problems", _problems(last_watch(home / "alerts.sqlite"))),
        Section("unreachable", "Sources that cannot be reached", _unreachable(ledger)),
        lateness.section(feeds),
        Section("held", "Held dumps", _held(ledger, held)),
        Section("quarantine", "Quarantine", _quarantine(published, rows, refused), published.as_of("quarantine.rows")),
        Section("failing", "Failing checks", [_failing(failing)], note=OF_CHECKS),
        Section("stale", "Out of date", _stale(stale)),
    ]


def _problems(watch: Watch) -> list[Part]:
    ui = load_settings().ui_url.rstrip("/")
    if watch.at is None:
        return [
            Words(
                f"Nobody has watched yet: runs and checks are watched while Dagster's daemon runs, see {ui}. To start it, type",
                "make dev",
            )
        ]
    rows = [
        [Cell(one.severity, tone="bad" if one.severity == "error" else "warn"), f.link(one.title, one.link), f.at(one.since), Cell(one.body.partition("\n\n")[0], tone="told")]
        for one in watch.problems
    ]  # fmt: skip
    seen = f"as seen {f.instant(watch.at)}"
    return [
        Table(
            f"What is wrong, {seen}",
            ["is", "what", "since", "what to do"],
            rows,
            f"Nothing is wrong, {seen}.",
            row_headings=2,
        )
    ]


def _unreachable(ledger: Ledger) -> list[Part]:
    rows = [
        [Cell(source), f.at(since), f.text(why), f.code(f"songify load --source {source}")]
        for source, (since, why) in unreachable(ledger).items()
    ]
    return [
        Table(
            "Sources that could not be reached at the last look",
            ["source", "since", "why", "once it is up, type"],
            rows,
            "Every source could be reached.",
        )
    ]


def _held(ledger: Ledger, held: Sequence[tuple[str, date]]) -> list[Part]:
    rows = []
    for feed, day in held:
        delivery = ledger.delivery(feed, day)
        lacks = f"{delivery.missing:,} of {delivery.of_keys:,} keys of {delivery.predecessor}" if delivery else f.NONE
        rows.append(
            [
                f.link(f"{feed} of {day}", delivered.address(feed, str(day))),
                Cell(lacks),
                f.code(f"songify approve raw/{feed} {day} --reason TEXT"),
            ]
        )
    return [
        Table(
            "Dumps that lack too many keys",
            ["dump", "lacks", "ask the source first; to release it, type"],
            rows,
            "No dump is held.",
        )
    ]


def _quarantined_rows(published: Published) -> list[Row]:
    sql = "SELECT feed, count(*) AS rows, max(delivered_on) AS newest FROM quarantine.rows GROUP BY feed ORDER BY rows DESC, feed"
    return published.ask(sql) if published.has("quarantine.rows") else []


def _quarantine(published: Published, rows: Sequence[Row], refused: Sequence[RefusedFile]) -> list[Part]:
    by_feed = [
        [f.link(str(row["feed"]), f.address(["tables", "quarantine", "rows"], feed=row["feed"])), f.count(row["rows"]), f.value(row["newest"]), f.code(f"songify quarantine list --feed {row['feed']}")]
        for row in rows
    ]  # fmt: skip
    files = [
        [Cell(one.id), Cell(one.what), Cell(one.remedy), f.code(f"songify quarantine replay {quote(one.id)}")]
        for one in refused
    ]  # fmt: skip
    return [
        Table(
            "Refused rows by feed",
            ["feed", "rows", "newest delivery", "to see why, type"],
            by_feed,
            "No row is in quarantine.",
        ),
        Table("Files refused whole", ["file", "why", "what to do", "then type"], files, "No file is in quarantine."),
    ]


def _failing_checks(home: Path) -> list[Row] | None:
    """The checks that had failed at the newest publication; None where an older version made it, which told nothing of them."""
    failing = read_failing(home)
    if failing is None:
        return None
    of = failing.sort("partition", nulls_last=False).group_by("table", "check")
    told = of.agg(pl.col("severity").min(), pl.len().alias("partitions"), pl.col("partition", "says").last())
    return told.rename({"partition": "newest"}).sort("severity", "table", "check").to_dicts()


def _failing(failing: Sequence[Row] | None) -> Part:
    if failing is None:
        return Words(
            "An older version published this, and told nothing of checks. To publish it anew, type", "songify load"
        )
    ui = load_settings().ui_url.rstrip("/")
    rows = [
        [
            Cell(row["check"], is_code=True),
            f.link(row["table"], f"{ui}/assets/{row['table'].replace('.', '/', 1)}?view=checks"),
            Cell(
                "warning" if row["severity"] == "warn" else "error",
                tone="warn" if row["severity"] == "warn" else "bad",
            ),
            Cell(f"{row['partitions']:,}", detail=f"newest {row['newest']}" if row["newest"] else "", is_number=True),
            f.text(row["says"]),
        ]
        for row in failing
    ]
    return Table("Checks that failed when they were last evaluated", ["check", "table", "is", "partitions", "the newest says"], rows,
                 "No check failed.", row_headings=2)  # fmt: skip


def _stale(stale: Mapping[str, set[str]]) -> list[Part]:
    rows = [
        [Cell(asset), f.count(len(keys)), Cell(min(keys) or "whole"), Cell(max(keys) or "")]
        for asset, keys in sorted(stale.items())
    ]
    table = Table(
        "What has to be computed again", ["asset", "partitions", "first", "last"], rows, "Everything is up to date."
    )
    return [table, *([Words("To compute it, type", "songify load")] if rows else [])]
