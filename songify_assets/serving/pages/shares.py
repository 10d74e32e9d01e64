"""Market shares of a month, as they are now: a matrix of countries and licensors, and one country with bars."""

from collections.abc import Sequence
from datetime import date

from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Lines, Table
from songify_assets.serving.pages.published import Published, Row

UNKNOWN, NOWHERE = "unknown", "unknown place"
MOST_LICENSORS, MOST_COUNTRIES, LINES = 8, 12, 5


def of_month(published: Published, month: str) -> list[Row]:
    """The shares of a month, the largest countries and licensors first."""
    return published.ask(
        """SELECT country, licensor, plays, country_plays, share FROM royalties.market_share
           WHERE strftime(month, '%Y-%m') = ? ORDER BY country_plays DESC, country, plays DESC, licensor""",
        month,
    )  # fmt: skip


def matrix(rows: Sequence[Row], month: str, most_countries: int = MOST_COUNTRIES) -> Table:
    """The shares of a month as a heat map: a row a country, a column a licensor; small licensors are summed up."""
    plays: dict[str | None, int] = {}
    for row in rows:
        plays[row["licensor"]] = plays.get(row["licensor"], 0) + row["plays"]
    known = sorted((one for one in plays if one is not None), key=lambda one: -plays[one])[:MOST_LICENSORS]
    others = len([one for one in plays if one is not None]) > len(known)
    countries: dict[str | None, list[Row]] = {}
    for row in rows:
        countries.setdefault(row["country"], []).append(row)
    shown = list(countries.items())[:most_countries]
    headings = ["country", "plays", *known, *(["others"] if others else []), *([UNKNOWN] if None in plays else [])]
    cells = [_country(country, of_country, known, others, None in plays, month) for country, of_country in shown]
    left = len(countries) - len(shown)
    more = f"; {left} smaller countries are left out" if left else ""
    return Table(
        f"Shares of the counted plays of {month}, by country and licensor{more}",
        headings,
        cells,
        f"No plays of {month} count.",
    )


def _country(
    country: str | None, rows: Sequence[Row], known: Sequence[str], others: bool, unknown: bool, month: str
) -> list[Cell]:
    shares = {row["licensor"]: row["share"] for row in rows}
    rest = sum(share for licensor, share in shares.items() if licensor is not None and licensor not in known)
    parts: list[float | None] = [shares.get(licensor) for licensor in known]
    parts += ([rest or None] if others else []) + ([shares.get(None)] if unknown else [])
    name = (
        f.link(country, f.address(["royalties"], month=month, country=country))
        if country
        else Cell(NOWHERE, tone="faint")
    )
    return [
        name,
        f.count(rows[0]["country_plays"]),
        *(f.heated(f.percent(part), part) if part else Cell("", is_number=True) for part in parts),
    ]


def bars(rows: Sequence[Row], country: str, month: str) -> Table:
    """The licensors of one country, with bars."""
    return Table(
        f"Whom {country} pays for {month}: counted plays and shares",
        ["licensor", "plays", "share"],
        [
            [f.text(r["licensor"], unknown=UNKNOWN), f.count(r["plays"]), f.barred(f.percent(r["share"]), r["share"])]
            for r in rows if (r["country"] or NOWHERE) == country
        ],
        f"No plays of {country} count in {month}.",
    )  # fmt: skip


def lines(published: Published, month: str) -> Lines:
    """The counted plays a day of the licensors with the most plays in a month."""
    rows = published.ask(
        """SELECT play_date, licensor, sum(plays)::BIGINT AS plays FROM royalties.market_share_daily
           WHERE strftime(play_date, '%Y-%m') = ? GROUP BY ALL ORDER BY play_date""",
        month,
    )  # fmt: skip
    totals: dict[str, int] = {}
    of_day: dict[date, dict[str, int]] = {}
    for row in rows:
        licensor = row["licensor"] or UNKNOWN
        totals[licensor] = totals.get(licensor, 0) + row["plays"]
        of_day.setdefault(row["play_date"], {})[licensor] = row["plays"]
    first = sorted(totals, key=lambda one: -totals[one])[:LINES]
    caption = f"Counted plays a day in {month}, licensors with the most"
    behind = Table(
        caption, ["day", *first, "all"],
        [[f.day(day), *(f.count(of.get(one, 0)) for one in first), f.count(sum(of.values()))] for day, of in of_day.items()],
        f"No plays of {month} count.",
    )  # fmt: skip
    return Lines(caption, list(of_day), [(one, [of.get(one, 0) for of in of_day.values()]) for one in first], behind)
