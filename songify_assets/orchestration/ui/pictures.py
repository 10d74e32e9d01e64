"""Pictures for the pages of assets: frames in, PNG out. Matplotlib is imported when the first one is drawn."""

import base64
import io
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from songify_assets.foundation.lake import Lake, row_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#882255", "#999999")
MOST_COUNTRIES, MOST_LICENSORS, MOST_COHORTS, LONGEST_NAME, FEW_DAYS, PALETTE = 12, 8, 26, 24, 7, 256
# Finding the room that labels need takes as long as drawing; where they are known it is given.
MARGINS = {"left": 0.1, "right": 0.97, "top": 0.92, "bottom": 0.16}
EPOCH, HALF = date(1970, 1, 1).toordinal(), 0.4  # days: where the axis of dates begins, half a bar


def as_metadata(png: bytes) -> dg.MetadataValue[str]:
    """A picture as Dagster shows it."""
    return dg.MetadataValue.md(f"![picture](data:image/png;base64,{base64.b64encode(png).decode()})")


def market_share_picture(shares: pl.DataFrame) -> bytes:
    """Stacked bars, a country a bar and a licensor a colour, from the rows of a month of `royalties/market_share`."""
    figure, axes = _canvas()
    named = shares.with_columns(pl.col("country").fill_null("unknown"), pl.col("licensor").fill_null("unknown tracks"))
    sizes = named.group_by("country").agg(pl.col("country_plays").max()).sort("country_plays", "country")
    countries = sizes["country"].to_list()[-MOST_COUNTRIES:]
    biggest = named.group_by("licensor").agg(pl.col("plays").sum()).sort("plays", "licensor", descending=[True, False])
    licensors = biggest["licensor"].to_list()
    legend = [*licensors[:MOST_LICENSORS], *(["others"] if len(licensors) > MOST_LICENSORS else [])]
    left, bars = [0.0] * len(countries), range(len(countries))
    for number, licensor in enumerate(legend):
        among = licensors[MOST_LICENSORS:] if licensor == "others" else [licensor]
        of = dict(
            named.filter(pl.col("licensor").is_in(among)).group_by("country").agg(pl.col("share").sum()).iter_rows()
        )
        width = [100 * of.get(country, 0.0) for country in countries]
        axes.barh(bars, width, left=left, color=COLOURS[number], label=f" {_short(licensor)}")
        left = [one + more for one, more in zip(left, width, strict=True)]
    axes.set_yticks(bars, [_short(country) for country in countries])
    month = shares["month"].min()
    axes.set_title(f"Market share by country, {month:%B %Y}" if month is not None else "No data yet")  # type: ignore[str-bytes-safe]
    axes.set_xlabel("% of counted plays")
    if legend:
        names = axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=8).get_texts()
        for name in names:  # names are no formulas; the space before one keeps those that start with "_"
            name.set_parse_math(False)
    return _png(figure)


def retention_picture(retention: pl.DataFrame) -> bytes:
    """The retention triangle as a heat map, from the rows of `engagement/cohort_retention`."""
    figure, axes = _canvas()
    cohorts = retention["cohort"].unique().sort().to_list()[-MOST_COHORTS:]
    shown = retention.filter(pl.col("cohort").is_in(cohorts))
    periods = int(shown["period"].max() or 0) + 1 if len(shown) else 1  # type: ignore[arg-type]
    cells = [[float("nan")] * periods for _ in cohorts]
    for row in shown.iter_rows(named=True):
        cells[cohorts.index(row["cohort"])][row["period"]] = 100 * row["retention"]
    if cohorts:
        image = axes.imshow(cells, aspect="auto", cmap="viridis", vmin=0, vmax=100)
        figure.colorbar(image, ax=axes, label="% active")
        sizes = dict(shown.group_by("cohort").agg(pl.col("cohort_size").max()).iter_rows())
        axes.set_yticks(range(len(cohorts)), [f"{cohort} ({sizes[cohort]:,})" for cohort in cohorts])
    if periods <= 13:
        for row in shown.iter_rows(named=True):
            share, place = 100 * row["retention"], cohorts.index(row["cohort"])
            text = f"{share:.0f}" + ("" if row["is_complete"] else "…")
            axes.text(row["period"], place, text, ha="center", va="center", color="black" if share > 60 else "white")
    axes.set_xticks(range(0, periods, max(1, periods // 13)))
    axes.set_xlabel("weeks since the first week (… not complete)")
    axes.set_title("Retention of weekly cohorts (users)" if cohorts else "No data yet")
    return _png(figure)


def daily_picture(days: pl.DataFrame, title: str) -> bytes:
    """Bars a day, from `day` and `rows`."""
    figure, (axes,) = _panels(1, **MARGINS)
    _bars(axes, days["day"].to_list(), [0] * len(days), days["rows"].to_list(), COLOURS[0])
    axes.set_ylim(bottom=0)
    _dates(axes, days)
    axes.set_title(title if len(days) else "No data yet")
    return _png(figure)


def history_picture(changes: pl.DataFrame, title: str) -> bytes:
    """Above the keys that were there on each dump's `day`, below what the dump `added`, `changed` and `deleted`.

    What the first dump added is left out below: it is everything.
    """
    figure, (keys, axes) = _panels(2, **MARGINS, hspace=0.15)
    days, nothing = changes["day"].to_list(), [0] * len(changes)
    added = [0, *changes["added"].to_list()[1:]][: len(days)]
    _bars(axes, days, nothing, added, COLOURS[2], "added")
    _bars(axes, days, added, (changes["changed"] + pl.Series(added, dtype=pl.Int64)).to_list(), COLOURS[1], "changed")
    _bars(axes, days, (-changes["deleted"]).to_list(), nothing, COLOURS[5], "deleted")
    axes.axhline(0, color="black", linewidth=0.5)
    _dates(axes, changes)
    axes.legend(loc="upper left", ncols=3, frameon=False, bbox_to_anchor=(0, -0.2))
    axes.set_ylabel("records")
    there = (changes["added"] - changes["deleted"]).cum_sum().to_list()
    keys.step(days, there, where="post", marker=".", color=COLOURS[0])
    keys.set_ylim(0, 1.1 * max([1, *there]))
    keys.set_ylabel("keys")
    keys.sharex(axes)
    keys.tick_params(labelbottom=False)
    keys.set_title(title if days else "No data yet")
    return _png(figure)


def rows_per_day(lake: Lake, table: str, last: int = 90) -> pl.DataFrame:
    """The rows of the newest partitions of a daily table: `day`, `rows`."""
    counts = [(key, row_count(lake.path(table, key))) for key in lake.keys(table)[-last:]]
    frame = pl.DataFrame(counts, schema={"day": pl.String(), "rows": pl.Int64()}, orient="row")
    return frame.with_columns(pl.col("day").str.to_date())


def changes_per_dump(lake: Lake, history: str) -> pl.DataFrame:
    """What each accepted dump changed: `day`, `added`, `changed`, `deleted`."""
    events = ("added", "changed", "deleted")
    counts = [(pl.col("event") == event).sum().cast(pl.Int64).alias(event) for event in events]
    grouped = lake.scan(history).group_by(pl.col("delivered_on").alias("day")).agg(counts)
    return grouped.sort("day").collect(engine="streaming")


def _canvas() -> "tuple[Figure, Axes]":
    """One panel that leaves room for whatever stands around it."""
    figure, (axes,) = _panels(1)
    figure.set_layout_engine("constrained")
    return figure, axes


def _panels(count: int, **margins: float) -> "tuple[Figure, list[Axes]]":
    """A figure with panels from top to bottom."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"text.parse_math": False, "font.size": 8}):
        figure = Figure(figsize=(6.4, 3.6), dpi=100)
        panels = list(figure.subplots(count, squeeze=False, gridspec_kw=margins).flat)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels


def _bars(axes: "Axes", at: list[date], low: list[int], high: list[int], colour: str, label: str | None = None) -> None:
    """A bar a day from `low` to `high`, all in one artist: a thousand rectangles of their own take seconds."""
    from matplotlib.collections import PolyCollection

    edges = [(day.toordinal() - EPOCH - HALF, day.toordinal() - EPOCH + HALF) for day in at]
    bars = [
        [(left, bottom), (left, top), (right, top), (right, bottom)]
        for (left, right), bottom, top in zip(edges, low, high, strict=True)
    ]
    axes.xaxis_date()
    axes.add_collection(PolyCollection(bars, facecolor=colour, edgecolor=colour, linewidth=0.5, label=label))
    axes.autoscale_view()


def _dates(axes: "Axes", days: pl.DataFrame) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    shown = days["day"].to_list()
    if len(shown) > FEW_DAYS:
        locator = AutoDateLocator(minticks=2, maxticks=8)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    else:
        axes.set_xticks(shown, [str(day) for day in shown])


def _png(figure: "Figure") -> bytes:
    import warnings

    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings(), rc_context({"text.parse_math": False, "font.size": 8}):
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        canvas.draw()
    drawn = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    # A third of the size, and no difference to be seen: each event of a partition keeps its picture.
    small = io.BytesIO()
    drawn.quantize(PALETTE, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(small, format="png")
    return small.getvalue()


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
