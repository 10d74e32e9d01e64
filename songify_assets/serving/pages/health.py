"""Data health: what is late, held, quarantined, failing or out of date, each with what to type."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from songify_assets.foundation.alerting.open_problems import Watch, last_watch
from songify_assets.foundation.ledger import PUBLISHED, Ledger
from songify_assets.foundation.ledger.accepted import held_days
from songify_assets.foundation.ledger.files import first_landed, known_feeds, refused_files
from songify_assets.foundation.ledger.reading import ReadLedger
from songify_assets.foundation.ledger.sources import unreachable
from songify_assets.serving.pages import delivered
from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Facts, Page, Part, Section, Table, Words
from songify_assets.serving.pages.published import Published, Row
from songify_assets.settings import load_settings

LEAD = "What is late, held, quarantined, failing or out of date, and what to type."
# As the check of freshness has it: a feed comes regularly when so many of its last deliveries landed so soon after their dates.
LAST, REGULAR, ON_TIME_DAYS = 7, 3, 2


def page(published: Published, query: Mapping[str, str], home: Path) -> Page:
    """The page; with `feed` and `delivered` in the address it begins with the files of that delivery."""
    path = home / "ledger.sqlite"
    if not path.exists():
        nothing = Words("Nothing has landed in this home yet. To see how that looks, type", "songify demo")
        return Page("Data health", LEAD, [Section("late", "Deliveries", [nothing])])
    ledger, now = ReadLedger(path), datetime.now(load_settings().zone)
    feeds = _feeds(ledger, now)
    held, refused, rows = held_days(ledger), refused_files(ledger), _quarantined_rows(published)
    watch, stale = last_watch(home / "alerts.sqlite"), {a: k for a, k in ledger.stale().items() if a != PUBLISHED}
    failing = _failing_checks(published)
    numbers = Facts(
        [
            ("Late", f"{sum(row[-1].text.startswith('late') for row in feeds):,}", f"of {len(feeds):,} feeds"),
            ("Unreachable", f"{len(unreachable(ledger)):,}", "sources"),
            ("Held", f"{len(held):,}", "dumps that lack too much"),
            ("Quarantined", f"{sum(row['rows'] for row in rows):,}", f"rows, and {len(refused):,} whole files"),
            ("Failing", f.NONE if failing is None else f"{len(failing):,}", "checks, when this was published"),
            ("Out of date", f"{sum(map(len, stale.values())):,}", "partitions to compute"),
        ]
    )
    sections = [
        *delivered.sections(ledger, query.get("feed"), query.get("delivered")),
        Section("now", "At a glance", [numbers]),
        Section("problems", "Open problems", _problems(watch)),
        Section("unreachable", "Sources that cannot be reached", _unreachable(ledger)),
        Section("late", "Deliveries", [_late(feeds)], note="Late is a feed that came regularly and has not for longer than its usual gap."),
        Section("held", "Held dumps", _held(ledger, held)),
        Section("quarantine", "Quarantine", _quarantine(published, rows, refused), published.as_of("quarantine.rows")),
        Section("failing", "Failing checks", [_failing(failing)], note="As of this publication. A warning is odd but possible: its rows are kept. Each leads to the web UI; songify status tells them too."),
        Section("stale", "Out of date", _stale(stale)),
    ]
    return Page("Data health", LEAD, sections)


def _feeds(ledger: Ledger, now: datetime) -> list[list[Cell]]:
    rows = []
    for source, feed in known_feeds(ledger):
        landed = first_landed(ledger, feed, LAST)
        days = sorted(landed)
        age = (now.date() - days[-1]).days
        is_late = _is_late(landed, now)
        at = landed[days[-1]]
        rows.append([
            Cell(feed), Cell(source), f.link(str(days[-1]), delivered.address(feed, str(days[-1]))), f.count(age), f.at(at),
            Cell("late: ask the source", tone="warn", detail=f"then songify load --source {source}") if is_late else Cell("in time" if _is_regular(landed, now) else "not regular"),
        ])  # fmt: skip
    return sorted(rows, key=lambda row: not row[-1].text.startswith("late"))


def _is_regular(landed: Mapping[date, datetime], now: datetime) -> bool:
    on_time = [day for day, at in landed.items() if (at.astimezone(now.tzinfo).date() - day).days <= ON_TIME_DAYS]
    return len(on_time) >= REGULAR


def _is_late(landed: Mapping[date, datetime], now: datetime) -> bool:
    days = sorted(landed)
    usual = max(((after - before).days for before, after in zip(days, days[1:], strict=False)), default=0)
    return _is_regular(landed, now) and (now.date() - days[-1]).days > max(usual, 1)


def _late(feeds: Sequence[Sequence[Cell]]) -> Table:
    return Table("The newest delivery of each feed", ["feed", "source", "newest", "days ago", "first landed", "is"], feeds, "Nothing has landed yet.")


def _problems(watch: Watch) -> list[Part]:
    ui = load_settings().ui_url.rstrip("/")
    if watch.at is None:
        return [Words(f"Nobody has watched yet: runs and checks are watched while Dagster's daemon runs, see {ui}. To start it, type", "make dev")]
    rows = [
        [Cell(one.severity, tone="bad" if one.severity == "error" else "warn"), f.link(one.title, one.link), f.at(one.since), f.text(one.body)]
        for one in watch.problems
    ]  # fmt: skip
    seen = f"as seen {f.instant(watch.at)}"
    return [Table(f"What is wrong, {seen}", ["is", "what", "since", "what to do"], rows, f"Nothing is wrong, {seen}.", row_headings=2)]


def _unreachable(ledger: Ledger) -> list[Part]:
    rows = [[Cell(source), f.at(since), f.text(why), f.code(f"songify load --source {source}")] for source, (since, why) in unreachable(ledger).items()]
    return [Table("Sources that could not be reached at the last look", ["source", "since", "why", "once it is up, type"], rows, "Every source could be reached.")]


def _held(ledger: Ledger, held: Sequence[tuple[str, date]]) -> list[Part]:
    rows = []
    for feed, day in held:
        delivery = ledger.delivery(feed, day)
        lacks = f"{delivery.missing:,} of {delivery.of_keys:,} keys of {delivery.predecessor}" if delivery else f.NONE
        rows.append([f.link(f"{feed} of {day}", delivered.address(feed, str(day))), Cell(lacks), f.code(f"songify approve raw/{feed} {day} --reason TEXT")])
    return [Table("Dumps that lack too many keys", ["dump", "lacks", "ask the source first; to release it, type"], rows, "No dump is held.")]


def _quarantined_rows(published: Published) -> list[dict[str, int]]:
    sql = "SELECT feed, count(*) AS rows, max(delivered_on) AS newest FROM quarantine.rows GROUP BY feed ORDER BY rows DESC, feed"
    return published.ask(sql) if published.has("quarantine.rows") else []


def _quarantine(published: Published, rows: Sequence[Mapping[str, object]], refused: Sequence[object]) -> list[Part]:
    by_feed = [
        [f.link(str(row["feed"]), f.address(["tables", "quarantine", "rows"], feed=row["feed"])), f.count(row["rows"]), f.value(row["newest"]), f.code(f"songify quarantine list --feed {row['feed']}")]
        for row in rows
    ]  # fmt: skip
    files = [
        [Cell(one.id), Cell(one.what), Cell(one.remedy), f.code(f"songify quarantine replay '{one.id}'")]
        for one in refused
    ]  # fmt: skip
    return [
        Table("Refused rows by feed", ["feed", "rows", "newest delivery", "to see why, type"], by_feed, "No row is in quarantine."),
        Table("Files refused whole", ["file", "why", "what to do", "then type"], files, "No file is in quarantine."),
    ]


def _failing_checks(published: Published) -> list[Row] | None:
    """The checks that had failed when this was published; None where the publication is older than what tells of them."""
    sql = """SELECT "table", "check", min(severity) AS severity, count(*) AS partitions, max(partition) AS newest,
                    arg_max(says, coalesce(partition, '')) AS says
             FROM meta.failing_checks GROUP BY ALL ORDER BY severity, 1, 2"""
    return published.ask(sql) if published.has("meta.failing_checks") else None


def _failing(failing: Sequence[Row] | None) -> Part:
    if failing is None:
        return Words("An older version published this, and told nothing of checks. To publish it anew, type", "songify load")
    ui = load_settings().ui_url.rstrip("/")
    rows = [
        [
            Cell(row["check"], is_code=True),
            f.link(row["table"], f"{ui}/assets/{row['table'].replace('.', '/', 1)}?view=checks"),
            Cell({"warn": "warning"}.get(row["severity"], row["severity"]), tone="warn" if row["severity"] == "warn" else "bad"),
            Cell(f"{row['partitions']:,}", detail=f"newest {row['newest']}" if row["newest"] else "", is_number=True),
            f.text(row["says"]),
        ]
        for row in failing
    ]
    return Table("Checks that failed when they were last evaluated", ["check", "table", "is", "partitions", "the newest says"], rows,
                 "No check failed.", row_headings=2)  # fmt: skip


def _stale(stale: Mapping[str, set[str]]) -> list[Part]:
    rows = [[Cell(asset), f.count(len(keys)), Cell(min(keys) or "whole"), Cell(max(keys) or "")] for asset, keys in sorted(stale.items())]
    table = Table("What has to be computed again", ["asset", "partitions", "first", "last"], rows, "Everything is up to date.")
    return [table, *([Words("To compute it, type", "songify load")] if rows else [])]
