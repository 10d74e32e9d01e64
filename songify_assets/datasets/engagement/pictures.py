"""The picture of who comes back."""

import polars as pl

from songify_assets.orchestration.ui.canvas import canvas, png

MOST_COHORTS = 26


def retention_picture(retention: pl.DataFrame) -> bytes:
    """The retention triangle as a heat map, from the rows of `engagement/cohort_retention`."""
    figure, axes = canvas()
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
    return png(figure)
