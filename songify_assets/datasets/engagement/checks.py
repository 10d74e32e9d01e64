"""What must be true of the engagement tables."""

import polars as pl

from songify_assets.orchestration.declare.checks import Check

TABLE = "engagement/cohort_retention"


def not_all_in_their_own_week(retention: pl.LazyFrame) -> pl.LazyFrame:
    """Cohorts whose retention in period 0 is not 1."""
    return retention.filter((pl.col("period") == 0) & (pl.col("retention") != 1))


def of_several_sizes(retention: pl.LazyFrame) -> pl.LazyFrame:
    """Cohorts whose size differs from period to period."""
    sizes = retention.group_by("product", "cohort").agg(pl.col("cohort_size").n_unique())
    return sizes.filter(pl.col("cohort_size") > 1)


CHECKS = (
    Check(
        TABLE, "starts_at_one", "Everybody is active in the first week.", not_all_in_their_own_week, severity="error"
    ),
    Check(TABLE, "one_size", "A cohort has one size.", of_several_sizes, severity="error"),
)
