"""The pictures of who comes back: active users over time, cohorts as a heat map, churn."""

from typing import TYPE_CHECKING

import polars as pl

from songify_assets.orchestration.ui.canvas import COLOURS, canvas, dates, panels, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_COHORTS, MOST_DAYS, MOST_MONTHS = 16, 180, 24
FEW_PERIODS = 13


def active_picture(active: pl.DataFrame) -> bytes:
    """DAU, WAU and MAU over time and stickiness, a panel a product, from the rows of `engagement/active_users`."""
    products = active["product"].unique().sort().to_list()
    figure, all_axes = panels(max(1, len(products)))
    figure.set_layout_engine("constrained")
    for product, axes in zip(products, all_axes, strict=False):
        shown = active.filter(pl.col("product") == product).sort("date").tail(MOST_DAYS)
        days = shown["date"].to_list()
        for number, name in enumerate(("mau", "wau", "dau")):
            axes.plot(days, shown[name].to_list(), color=COLOURS[number], label=f"{name.upper()} {shown[name][-1]:,}")
        incomplete = [not whole for whole in shown["is_complete"]]
        axes.fill_between(days, shown["mau"].to_list(), where=incomplete, color="#dddddd", label="MAU not complete")
        axes.set_ylim(bottom=0)
        stickiness = axes.twinx()
        stickiness.plot(
            days, (shown["stickiness"] * 100).to_list(), color=COLOURS[3], linestyle=":", label="stickiness, % (right)"
        )
        stickiness.set_ylim(0, 100)
        stickiness.spines["top"].set_visible(False)
        lines = [*axes.get_legend_handles_labels()[0], *stickiness.get_legend_handles_labels()[0]]
        axes.legend(handles=lines, loc="center left", bbox_to_anchor=(1.08, 0.5), frameon=False)
        axes.set_title(f"Active users of {product}")
        dates(axes, shown.rename({"date": "day"}))
    if not products:
        all_axes[0].set_title("No data yet")
    return png(figure)


def retention_picture(retention: pl.DataFrame) -> bytes:
    """The retention triangles as heat maps, a panel a product, from the rows of `engagement/cohort_retention`."""
    products = retention["product"].unique().sort().to_list()
    figure, all_axes = panels(max(1, len(products)))
    figure.set_layout_engine("constrained")
    for product, axes in zip(products, all_axes, strict=False):
        _heat_map(axes, retention.filter(pl.col("product") == product), MOST_COHORTS // len(products))
        axes.set_title(f"Retention of weekly cohorts of {product} (users), %")
    if not products:
        all_axes[0].set_title("No data yet")
    all_axes[-1].set_xlabel("weeks since the first week (… not complete)")
    return png(figure)


def _heat_map(axes: "Axes", cells: pl.DataFrame, most: int) -> None:
    """The newest cohorts; few periods are told in figures, too."""
    cohorts = cells["cohort"].unique().sort().to_list()[-most:]
    shown = cells.filter(pl.col("cohort").is_in(cohorts)).select(
        "cohort", "period", "cohort_size", "retention", "is_complete"
    )
    periods = max(shown["period"].to_list()) + 1
    colours = [[float("nan")] * periods for _ in cohorts]
    for cohort, period, _, share, _ in shown.iter_rows():
        colours[cohorts.index(cohort)][period] = 100 * share
    axes.imshow(colours, aspect="auto", cmap="viridis", vmin=0, vmax=100)
    sizes = dict(shown.select("cohort", "cohort_size").unique().iter_rows())
    axes.set_yticks(range(len(cohorts)), [f"{cohort} ({sizes[cohort]:,})" for cohort in cohorts])
    for cohort, period, _, share, is_complete in shown.iter_rows() if periods <= FEW_PERIODS else ():
        text = f"{100 * share:.0f}" + ("" if is_complete else "…")
        colour = "black" if share > 0.6 else "white"
        axes.text(period, cohorts.index(cohort), text, ha="center", va="center", color=colour)
    axes.set_xticks(range(0, periods, max(1, periods // FEW_PERIODS)))


def churn_picture(churn: pl.DataFrame) -> bytes:
    """The share of users lost a month, a line a product, from the rows of `engagement/churn`; hollow where not complete."""
    figure, axes = canvas()
    for number, product in enumerate(churn["product"].unique().sort()):
        shown = (
            churn.filter(pl.col("product") == product, pl.col("churn_rate").is_not_null())
            .sort("month")
            .tail(MOST_MONTHS)
        )
        months, rates = shown["month"].to_list(), (shown["churn_rate"] * 100).to_list()
        axes.plot(months, rates, color=COLOURS[number], label=product)
        for month, rate, whole in zip(months, rates, shown["is_complete"], strict=True):
            axes.plot([month], [rate], "o", color=COLOURS[number], fillstyle="full" if whole else "none")
    if len(churn):
        axes.legend(frameon=False)
        axes.set_ylim(0, 100)
        dates(axes, churn.select(day=pl.col("month").unique()))
    axes.set_title("Users lost a month, % (hollow: not complete)" if len(churn) else "No data yet")
    return png(figure)
