"""The picture of a month's market share."""

import polars as pl

from songify_assets.orchestration.ui.canvas import COLOURS, canvas, png, short

MOST_COUNTRIES, MOST_LICENSORS = 12, 8


def market_share_picture(shares: pl.DataFrame) -> bytes:
    """Stacked bars, a country a bar and a licensor a colour, from the rows of a month of `royalties/market_share`."""
    figure, axes = canvas()
    named = shares.with_columns(pl.col("country").fill_null("unknown"), pl.col("licensor").fill_null("unknown tracks"))
    sizes = named.group_by("country").agg(pl.col("country_plays").max()).sort("country_plays", "country")
    countries = sizes["country"].to_list()[-MOST_COUNTRIES:]
    biggest = named.group_by("licensor").agg(pl.col("plays").sum()).sort("plays", "licensor", descending=[True, False])
    licensors = biggest["licensor"].to_list()
    legend = [*licensors[:MOST_LICENSORS], *(["others"] if len(licensors) > MOST_LICENSORS else [])]
    left, places = [0.0] * len(countries), range(len(countries))
    for number, licensor in enumerate(legend):
        among = licensors[MOST_LICENSORS:] if licensor == "others" else [licensor]
        of = dict(
            named.filter(pl.col("licensor").is_in(among)).group_by("country").agg(pl.col("share").sum()).iter_rows()
        )
        width = [100 * of.get(country, 0.0) for country in countries]
        # The space before a name keeps those that start with "_".
        axes.barh(places, width, left=left, color=COLOURS[number], label=f" {short(licensor)}")
        left = [one + more for one, more in zip(left, width, strict=True)]
    axes.set_yticks(places, [short(country) for country in countries])
    month = shares["month"].min()
    axes.set_title(f"Market share by country, {month:%B %Y}" if month is not None else "No data yet")  # type: ignore[str-bytes-safe]
    axes.set_xlabel("% of counted plays")
    if legend:
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=8)
    return png(figure)
