"""A closed month for finance: its versions and workbooks, how they differ, which files caused it, and the statements to send."""

from collections.abc import Sequence

from songify_assets.serving.pages import closed, delivered
from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.closed import Step
from songify_assets.serving.pages.content import Cell, Part, Section, Table, Words
from songify_assets.serving.pages.published import Published, Row
from songify_assets.serving.pages.shares import NOWHERE, UNKNOWN


def sections(published: Published, month: str) -> list[Section]:
    """What there is to say of a month; where it was not closed, how to close it."""
    versions = closed.versions(published, month)
    if not versions:
        how = [
            Words(
                f"{month} was not closed yet. To freeze what its licensors are paid by, type", f"songify close {month}"
            )
        ]
        return [Section("statement", "Statement", how)]
    differences, causes = closed.differences(published, month), closed.causes(published, month)
    found = [_versions(published, month, versions, differences)]
    if differences:
        restated = _restated(published, month, differences, causes)
        found += [restated, _causes(published, month, causes), _files(month, versions)]
    return [*found, _to_send(published, month, versions[-1])]


def _versions(published: Published, month: str, versions: Sequence[Row], differences: dict[Step, list[Row]]) -> Section:
    times = len(versions) - 1
    restated = f"restated {_times(times)}" if times else "never restated"
    said = f"{month} was closed {f.instant(versions[0]['closed_at'])} and {restated}: version {times + 1} counts."
    words = [Words(said, tone="warn" if times else "good")]
    for step, moved in differences.items():
        if step.after is None:
            settle = f"It has moved by {_plays(moved):,} plays since. To settle that in a new version, type"
            words.append(Words(settle, f"songify restate {month} --reason TEXT", tone="warn"))
    rows = [
        [
            Cell(f"version {v['version']}" + (", counts now" if v["is_current"] else "")),
            f.at(v["closed_at"]),
            f.text(v["closed_by"]),
            Cell(v["reason"] or f.NONE, detail=f"despite: {v['despite']}" if v["despite"] else ""),
            f.count(v["rows"]),
            f.link(f"{month}-v{v['version']}.xlsx", closed.workbook(month, v["version"])),
        ]
        for v in reversed(versions)
    ]
    table = Table("Versions of the statement", ["version", "closed", "by", "why", "rows", "workbook"], rows)
    return Section("statement", f"Statement of {month}", [*words, table], published.as_of("royalties.statements"))


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _plays(rows: Sequence[Row]) -> int:
    return sum(abs(row["plays_difference"]) for row in rows)


def _restated(
    published: Published, month: str, differences: dict[Step, list[Row]], causes: dict[Step, list[Row]]
) -> Section:
    parts: list[Part] = []
    for step, rows in differences.items():
        licensors = len({row["licensor"] for row in rows})
        summary = f"{step.words}: {_plays(rows):,} plays differ, of {licensors:,} licensor{'s' * (licensors != 1)}"
        parts.append(Table(summary, ["country", "licensor", "plays before", "after", "difference", "share before", "after", "difference", "why"],
                           [_difference(month, row, causes.get(step, ())) for row in rows], row_headings=2))  # fmt: skip
    return Section("restated", "What differs", parts, published.as_of("royalties.restatements"))


def _difference(month: str, row: Row, causes: Sequence[Row]) -> list[Cell]:
    return [
        *_who(month, row),
        f.count(row["plays_before"]), f.count(row["plays_after"]), f.signed(row["plays_difference"]),
        f.percent(row["share_before"]), f.percent(row["share_after"]), f.points(row["share_difference"]),
        _why([one for one in causes if (one["country"], one["licensor"]) == (row["country"], row["licensor"])]),
    ]  # fmt: skip


def _why(causes: Sequence[Row]) -> Cell:
    """What caused a difference: a single cause leads to its file, several to the list of them."""
    match causes:
        case []:
            return Cell("plays of others")
        case [one]:
            said, because = f"{one['feed']} of {one['delivered_on']}", closed.in_words(one["cause"])
            return Cell(said, href=_file(one), detail=because, tone="whole")
    return f.link(f"{len(causes):,} causes", "#causes")


def _who(month: str, row: Row) -> list[Cell]:
    licensor = row["licensor"]
    known = (
        f.link(licensor, f.address(["royalties"], month=month, licensor=licensor))
        if licensor
        else f.text(None, unknown=UNKNOWN)
    )
    return [f.text(row["country"], unknown=NOWHERE), known]


def _causes(published: Published, month: str, causes: dict[Step, list[Row]]) -> Section:
    parts = [
        Table(
            f"Causes, {step.words}",
            ["country", "licensor", "plays", "cause", "file"],
            [[*_who(month, row), f.signed(row["plays_difference"]), Cell(closed.in_words(row["cause"])), f.link(f"{row['feed']} of {row['delivered_on']}", _file(row))] for row in rows],
            row_headings=2,
        )
        for step, rows in causes.items()
    ]  # fmt: skip
    note = "For each country and licensor the causes add up to the difference; a play that moved counts once less and once more."
    return Section("causes", "Why it differs", parts, published.as_of("royalties.restatement_causes"), note)


def _file(cause: Row) -> str:
    """Where the delivery that a cause came with is told of."""
    return delivered.address(cause["feed"], str(cause["delivered_on"]))


def _files(month: str, versions: Sequence[Row]) -> Section:
    """What each version was computed from: which deliveries are new or others since the version before."""
    before = {(one["feed"], str(one["delivered_on"])): one["sha256"] for one in closed.deliveries(versions[0])}
    rows = []
    for version in versions[1:]:
        now = {(one["feed"], str(one["delivered_on"])): one["sha256"] for one in closed.deliveries(version)}
        for (feed, day), digest in sorted(now.items()):
            if before.get((feed, day)) != digest:
                what = "new" if (feed, day) not in before else "other bytes"
                rows.append(
                    [
                        f.link(f"{feed} of {day}", delivered.address(feed, day)),
                        Cell(f"version {version['version']}"),
                        Cell(what),
                        Cell(digest[:16], is_code=True),
                    ]
                )
        before = now
    empty = "Every version was computed from the same deliveries."
    return Section("files", "Files behind the versions", [Table(f"Deliveries of {month} that came or changed after version 1", ["delivery", "first in", "is", "SHA-256"], rows, empty)])  # fmt: skip


def _to_send(published: Published, month: str, newest: Row) -> Section:
    rows: dict[str, list[Row]] = {}
    for row in closed.statement(published, month, newest["version"]):
        if row["licensor"] is not None:
            rows.setdefault(row["licensor"], []).append(row)
    cells = [
        [f.link(licensor, f.address(["royalties"], month=month, licensor=licensor)), f.count(len(of)), f.count(sum(one["plays"] for one in of))]
        for licensor, of in rows.items()
    ]  # fmt: skip
    table = Table(
        f"Statements of {month}, version {newest['version']}",
        ["licensor", "countries", "plays"],
        cells,
        "It names no licensor.",
    )
    return Section(
        "statements",
        "Statements to send",
        [table],
        note="Each leads to a page of that licensor alone, to print or to send.",
    )
