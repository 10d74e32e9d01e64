"""The picture of a month's market share."""

import polars as pl

from songify_assets.orchestration.ui.canvas import COLOURS, short
from songify_assets.orchestration.ui.sheet import TICK, Sheet

MOST_COUNTRIES, MOST_LICENSORS = 12, 8
LEFT, RIGHT, TOP, BOTTOM = 170, 420, 32, 312  # of the bars: countries stand on their left, the legend on their right


def market_share_picture(shares: pl.DataFrame) -> bytes:
    """Stacked bars, a country a bar and a licensor a colour, from the rows of a month of `royalties/market_share`."""
    named = shares.with_columns(pl.col("country").fill_null("unknown"), pl.col("licensor").fill_null("unknown tracks"))
    sizes = named.group_by("country").agg(pl.col("country_plays").max()).sort("country_plays", "country")
    countries = sizes["country"].to_list()[-MOST_COUNTRIES:]
    biggest = named.group_by("licensor").agg(pl.col("plays").sum()).sort("plays", "licensor", descending=[True, False])
    licensors = biggest["licensor"].to_list()
    legend = [*licensors[:MOST_LICENSORS], *(["others"] if len(licensors) > MOST_LICENSORS else [])]
    month = shares["month"].min()
    sheet = Sheet(f"Market share by country, {month:%B %Y}" if month is not None else "No data yet")  # type: ignore[str-bytes-safe]
    _axes(sheet, countries)
    left = [0.0] * len(countries)
    for number, licensor in enumerate(legend):
        among = licensors[MOST_LICENSORS:] if licensor == "others" else [licensor]
        of = dict(
            named.filter(pl.col("licensor").is_in(among)).group_by("country").agg(pl.col("share").sum()).iter_rows()
        )
        for place, country in enumerate(countries):
            share = 100 * of.get(country, 0.0)
            _bar(sheet, len(countries), place, left[place], share, COLOURS[number])
            left[place] += share
        y = TOP + 20 + 18 * number
        sheet.draw.rectangle((RIGHT + 16, y - 4, RIGHT + 32, y + 4), fill=COLOURS[number])
        sheet.text(RIGHT + 38, y, short(licensor), "lm")
    return sheet.png()


def _x(percent: float) -> float:
    return LEFT + (RIGHT - LEFT) * percent / 100


def _middle(count: int, place: int) -> float:
    """Where the bar of a country is, the first at the bottom."""
    return BOTTOM - (BOTTOM - TOP) * (place + 0.5) / count


def _bar(sheet: Sheet, count: int, place: int, left: float, share: float, colour: str) -> None:
    half = 0.4 * (BOTTOM - TOP) / count
    if share > 0:
        y = _middle(count, place)
        sheet.draw.rectangle((_x(left), y - half, _x(left + share), y + half), fill=colour)


def _axes(sheet: Sheet, countries: list[str]) -> None:
    sheet.draw.line([(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], fill="black")
    for percent in range(0, 101, 20):
        sheet.draw.line([(_x(percent), BOTTOM), (_x(percent), BOTTOM + TICK)], fill="black")
        sheet.text(_x(percent), BOTTOM + TICK + 3, str(percent), "mt")
    sheet.text((LEFT + RIGHT) / 2, BOTTOM + 32, "% of counted plays", "mm")
    for place, country in enumerate(countries):
        sheet.text(LEFT - TICK, _middle(len(countries), place), short(country), "rm")
