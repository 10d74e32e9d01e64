"""The pictures of recurring revenue: the waterfall of a month, and what became of cohorts."""

import polars as pl

from songify_assets.orchestration.ui.canvas import COLOURS, canvas, png

MOST_COHORTS, FEW = 18, 13
STEPS = (("new", 1), ("reactivation", 1), ("expansion", 1), ("contraction", -1), ("churn", -1))


def waterfall_picture(months: pl.DataFrame) -> bytes:
    """What moved recurring revenue in the newest month, in the currency that has most, from the rows of `subscriptions/mrr`."""
    figure, axes = canvas()
    newest = months.sort("month", "closing_minor").tail(1).to_dicts()
    for month in newest:
        names, lows, heights, colours = ["opening"], [0], [month["opening_minor"]], [COLOURS[0]]
        level = month["opening_minor"]
        for name, sign in STEPS:
            amount = month[f"{name}_minor"]
            lows.append(level if sign > 0 else level - amount)
            level += sign * amount
            names.append(name)
            heights.append(amount)
            colours.append(COLOURS[2] if sign > 0 else COLOURS[5])
        shown = axes.bar([*names, "closing"], [*heights, level], bottom=[*lows, 0], color=[*colours, COLOURS[0]])
        axes.bar_label(shown, labels=[f"{height:,}" for height in (*heights, level)], fontsize=7)
        more = "" if month["is_complete"] else ", not complete"
        axes.set_title(f"Recurring revenue of {month['month']:%Y-%m}, {month['currency']} in minor units{more}")
    if not newest:
        axes.set_title("No data yet")
    return png(figure)


def cohorts_picture(cohorts: pl.DataFrame) -> bytes:
    """How many of each cohort's customers pay, a heat map of the currency that has most, from the rows of `subscriptions/cohorts`."""
    figure, axes = canvas()
    largest = cohorts.group_by("currency").agg(pl.col("mrr_minor").sum()).sort("mrr_minor", "currency").tail(1)
    for currency in largest["currency"]:
        own = cohorts.filter(pl.col("currency") == currency)
        months = own["cohort"].unique().sort().to_list()[-MOST_COHORTS:]
        cells = own.filter(pl.col("cohort").is_in(months))
        periods = max(cells["period"].to_list()) + 1
        colours = [[float("nan")] * periods for _ in months]
        for cohort, period, retention in cells.select("cohort", "period", "retention").iter_rows():
            colours[months.index(cohort)][period] = 100 * retention
            if periods <= FEW:
                shade = "black" if retention > 0.6 else "white"
                axes.text(period, months.index(cohort), f"{100 * retention:.0f}", ha="center", va="center", color=shade)
        sizes = dict(cells.select("cohort", "cohort_size").unique().iter_rows())
        axes.imshow(colours, aspect="auto", cmap="viridis", vmin=0, vmax=100)
        axes.set_yticks(range(len(months)), [f"{month:%Y-%m} ({sizes[month]:,})" for month in months])
        axes.set_xticks(range(0, periods, max(1, periods // FEW)))
        axes.set_xlabel("months since the first")
        axes.set_title(f"Customers of a month who pay, % ({currency})")
    if largest.is_empty():
        axes.set_title("No data yet")
    return png(figure)
