"""Royalties: which months are closed and restated, what is live, and the statement of a licensor."""

import re
from collections.abc import Mapping

from songify_assets.serving.pages import closed, closed_month, shares, statement
from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Filter, Page, Part, Section, Table, Words
from songify_assets.serving.pages.published import Published, Row, chosen

ALL, MONTH = "", re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def page(published: Published, query: Mapping[str, str]) -> Page:
    """The page of a month; with a licensor in the address, the statement for that licensor."""
    months = published.months("royalties.market_share", *(closed.TABLES[:1]))
    month = chosen(query.get("month"), months)
    if month and (licensor := query.get("licensor")):
        asked = query.get("month", month)
        return statement.page(published, asked if MONTH.fullmatch(asked) else month, licensor)
    rows = shares.of_month(published, month) if month and published.has("royalties.market_share") else []
    countries = list(dict.fromkeys(row["country"] or shares.NOWHERE for row in rows))
    country = query.get("country") if query.get("country") in countries else None
    filters = [
        Filter("month", "Month", [(one, one) for one in months], month or ""),
        Filter("country", "Country", [(ALL, "all"), *((one, one) for one in countries)], country or ALL),
    ]
    sections = [
        *(closed_month.sections(published, month) if month else []),
        _live(published, rows, month, country),
        _closed(published, months),
    ]
    lead = "Whom the shops pay: what was stated, what it is now, and why it differs."
    title = f"Royalties of {month}" if month else "Royalties"
    return Page(title, lead, sections, filters if months else [])


def _live(published: Published, rows: list[Row], month: str | None, country: str | None) -> Section:
    if not month or not rows:
        return Section(
            "market-share", "Market share", [Words("No plays were loaded yet: deliver some, then type", "songify load")]
        )
    shown = shares.bars(rows, country, month) if country else shares.matrix(rows, month, most_countries=len(rows))
    parts: list[Part] = [shown, shares.lines(published, month)]
    note = "As the month is now; it moves when plays come late or tracks change. A play counts from 60 seconds on."
    return Section(
        "market-share", f"Market share of {month}, as it is now", parts, published.as_of("royalties.market_share"), note
    )


def _closed(published: Published, months: list[str]) -> Section:
    versions, moved = closed.versions(published), closed.moved_since(published)
    if not versions:
        example = months[1] if len(months) > 1 else months[0] if months else "2021-12"
        parts: list[Part] = [
            Words(
                "No month was closed yet. To freeze what a month's licensors are paid by, type",
                f"songify close {example}",
            )
        ]
        return Section("closed", "Closed months", parts)
    table = Table(
        "Every version of every closed month",
        ["month", "version", "closed", "by", "why", "rows", "digest", "live differs by"],
        [_version(row, moved) for row in reversed(versions)],
        row_headings=2,
    )  # fmt: skip
    return Section(
        "closed",
        "Closed months",
        [table],
        published.as_of("royalties.statements"),
        "A statement does not change; a restated month has a new version.",
    )


def _version(row: Row, moved: Mapping[str, int]) -> list[Cell]:
    why = row["reason"] or f.NONE
    differs = moved.get(row["of_month"], 0) if row["is_current"] else None
    return [
        f.link(row["of_month"], f.address(["royalties"], month=row["of_month"])),
        Cell(f"{row['version']}" + (", current" if row["is_current"] else "")),
        f.at(row["closed_at"]),
        f.text(row["closed_by"]),
        Cell(why, detail=f"despite: {row['despite']}" if row["despite"] else ""),
        f.count(row["rows"]),
        Cell(row["digest"][:12], is_code=True),
        f.link(f"{differs:,} plays", f.address(["royalties"], month=row["of_month"]) + "#restated")
        if differs
        else Cell("" if differs is None else "nothing"),
    ]
