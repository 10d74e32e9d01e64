"""The statement for one licensor: what was paid, what it is now, the difference and its causes; only that licensor's rows."""

from datetime import date

from songify_assets.serving.pages import closed
from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Facts, Page, Part, Section, Table, Words
from songify_assets.serving.pages.published import Published, Row
from songify_assets.serving.pages.shares import NOWHERE


def page(published: Published, month: str, licensor: str) -> Page:
    """A page that can be printed and sent."""
    versions = closed.versions(published, month)
    title = f"Statement for {licensor}, {f.in_words(date.fromisoformat(f'{month}-01'))}"
    more = {"back": f.address(["royalties"], month=month)}
    if not versions:
        how = Words(
            f"{month} was not closed yet, so there is no statement. To close it, type", f"songify close {month}"
        )
        return Page(title, "", [Section("statement", "Statement", [how])], template="statement.html", more=more)
    paid = closed.statement(published, month, versions[0]["version"], licensor)
    now = closed.live(published, month, licensor)
    if not paid and not now:
        nothing = Words(f"Nothing of {licensor} was played in {month}.")
        return Page(title, "", [Section("statement", "Statement", [nothing])], template="statement.html", more=more)
    steps = closed.causes(published, month, licensor)
    sections = [_summary(versions, paid, now), _rows(paid, now), *([_why(steps)] if steps else [])]
    return Page(title, "Counted plays are those of at least 60 seconds; a share is of all counted plays of the country.", sections,
                template="statement.html", more=more)  # fmt: skip


def _summary(versions: list[Row], paid: list[Row], now: list[Row]) -> Section:
    before, after = (sum(row["plays"] for row in rows) for rows in (paid, now))
    first, newest = versions[0], versions[-1]
    facts = Facts(
        [
            ("Paid", f"{before:,} plays", f"version {first['version']}, closed {f.instant(first['closed_at'])}"),
            ("Now", f"{after:,} plays", "as the month is known now"),
            ("Difference", f"{after - before:+,} plays", "now minus paid"),
        ]
    )
    restated = [
        Words(
            f"The month was restated {f.instant(newest['closed_at'])} as version {newest['version']}: {newest['reason'] or 'no reason given'}."
        )
    ]
    parts: list[Part] = [facts, *(restated if len(versions) > 1 else [])]
    return Section("summary", "In short", parts)


def _rows(paid: list[Row], now: list[Row]) -> Section:
    before, after = ({row["country"]: row for row in rows} for rows in (paid, now))
    none: Row = {"plays": 0, "share": 0.0}
    cells, total = list[list[Cell]](), [0, 0]
    for country in dict.fromkeys([*before, *after]):
        then, here = before.get(country, none), after.get(country, none)
        total = [total[0] + then["plays"], total[1] + here["plays"]]
        cells.append([
            f.text(country, unknown=NOWHERE),
            f.count(then["plays"]), f.percent(then["share"]), f.count(here["plays"]), f.percent(here["share"]),
            f.signed(here["plays"] - then["plays"]), f.points(here["share"] - then["share"]),
        ])  # fmt: skip
    nothing = Cell("", is_number=True)
    cells.append(
        [Cell("all"), f.count(total[0]), nothing, f.count(total[1]), nothing, f.signed(total[1] - total[0]), nothing]
    )
    headings = [
        "country",
        "plays paid",
        "share paid",
        "plays now",
        "share now",
        "plays, difference",
        "share, difference",
    ]
    return Section("statement", "By country", [Table("Paid, and as it is now", headings, cells)])


def _why(steps: dict[closed.Step, list[Row]]) -> Section:
    parts = [
        Table(
            step.words,
            ["country", "plays", "cause", "delivery"],
            [
                [f.text(row["country"], unknown=NOWHERE), f.signed(row["plays_difference"]), Cell(closed.in_words(row["cause"])),
                 Cell(f"{row['feed']} of {row['delivered_on']}")]
                for row in rows
            ],
        )
        for step, rows in steps.items()
    ]  # fmt: skip
    return Section("causes", "Why it differs", parts, note="The causes of a country add up to its difference.")
