"""Features: who uses them, and whether those come back more than the others."""

from collections.abc import Mapping, Sequence

import polars as pl

from songify_assets.datasets.engagement.declared import Feature
from songify_assets.datasets.engagement.transforms.activity import number_users

Z = 1.959963984540054  # of a 95 % interval
USED_UNTIL, CAME_BACK_FROM, CAME_BACK_UNTIL, COMPLETE_UNTIL = 6, 7, 27, 33
WHO = {"listening": ("user_id", "event_date"), "viewing": ("user_key", "stream_date")}


def use_features(features: Sequence[Feature], events: Mapping[str, pl.LazyFrame], timezone: str) -> pl.LazyFrame:
    """A row for each feature, day and user who used it."""
    timed = dict(events)
    local = pl.col("start_at").dt.convert_time_zone(timezone).dt.time()
    timed["viewing"] = events["viewing"].with_columns(local_time=local)
    some = {product: _used(features, product, rows) for product, rows in timed.items()}
    frames = []
    for feature in features:
        user, day = WHO[feature.product]
        uses = some[feature.product].filter(feature.uses).group_by(user_id=user, date=day)
        frames.append(
            uses.agg(events=pl.len().cast(pl.Int64)).select(
                "user_id", "date", "events", product=pl.lit(feature.product), feature=pl.lit(feature.name)
            )
        )
    return pl.concat(frames)


def _used(features: Sequence[Feature], product: str, events: pl.LazyFrame) -> pl.LazyFrame:
    """The events of users that are a use of any feature of a product: few of all, and read once for all features."""
    user, _ = WHO[product]
    uses = [feature.uses for feature in features if feature.product == product]
    return events.filter(pl.col(user).is_not_null() & pl.any_horizontal(uses or False)).cache()


def count_use(users: pl.LazyFrame) -> pl.LazyFrame:
    """How many users used each feature on each day with use, and how often."""
    return (
        users.group_by("product", "feature", "date")
        .agg(users=pl.len().cast(pl.Int64), events=pl.col("events").sum())
        .sort("product", "feature", "date")
    )


def retain_by_feature(
    features: Sequence[Feature], firsts: pl.LazyFrame, uses: pl.LazyFrame, active: pl.LazyFrame, calendar: pl.LazyFrame
) -> pl.LazyFrame:
    """Of each week's new users those who used a feature in days 0 to 6, and the others: how many came back in days 7 to 27."""
    began = number_users(firsts).select("product", "user", "first_day", cohort=pl.col("first_day").dt.truncate("1w"))
    day = (pl.col("date") - pl.col("first_day")).dt.total_days()

    def within(rows: pl.LazyFrame, first: int, last: int, *kept: str) -> pl.LazyFrame:
        """The new users who have rows from one day to another, counted from their first."""
        dated = number_users(rows).select(*kept, "user", "date").join(began, on="user")
        return dated.filter(day.is_between(first, last)).select(*kept, "product", "cohort", "user").unique()

    back = within(active, CAME_BACK_FROM, CAME_BACK_UNTIL).cache()
    used = within(uses, 0, USED_UNTIL, "feature").join(
        back.select("user", came_back=pl.lit(True)), on="user", how="left"
    )
    counts = (
        began.group_by("product", "cohort").agg(size=_count()),
        back.group_by("product", "cohort").agg(retained=_count()),
        used.group_by("product", "cohort", "feature").agg(size_used=_count(), retained_used=pl.col("came_back").sum()),
    )
    cohorts = _of_features(features, *counts)
    compared = cohorts.with_columns(**compare("retained_used", "size_used", "retained_others", "size_others")).join(
        _complete(calendar), on=["product", "cohort"], how="left"
    )
    sides = [
        compared.select(
            "product", "feature", "cohort", "difference", "low", "high", pl.col("is_complete").fill_null(False),
            used=pl.lit(side == "used"), cohort_size=f"size_{side}", retained=f"retained_{side}",
            retention=pl.when(pl.col(f"size_{side}") > 0).then(pl.col(f"retained_{side}") / pl.col(f"size_{side}")),
        )
        for side in ("used", "others")
    ]  # fmt: skip
    return pl.concat(sides).sort("product", "feature", "cohort", "used")


def _count() -> pl.Expr:
    return pl.len().cast(pl.Int64)


def _of_features(
    features: Sequence[Feature], sizes: pl.LazyFrame, back: pl.LazyFrame, used: pl.LazyFrame
) -> pl.LazyFrame:
    """Counts of each feature and cohort: of those who used it, and of the others, which are the rest."""
    declared = pl.LazyFrame(
        {"product": [one.product for one in features], "feature": [one.name for one in features]},
        schema={"product": pl.String, "feature": pl.String},
    )
    whole = (
        sizes.join(back, on=["product", "cohort"], how="left")
        .join(declared, on="product")
        .join(used, on=["product", "cohort", "feature"], how="left")
        .with_columns(pl.col("retained", "size_used", "retained_used").fill_null(0).cast(pl.Int64))
    )
    return whole.select(
        "product", "feature", "cohort", "size_used", "retained_used",
        size_others=pl.col("size") - pl.col("size_used"),
        retained_others=pl.col("retained") - pl.col("retained_used"),
    )  # fmt: skip


def compare(hits: str, of: str, other_hits: str, of_others: str) -> dict[str, pl.Expr]:
    """The difference of two shares and its 95 % interval by Newcombe's method 10, made of Wilson's intervals of both (1998).

    >>> counts = pl.DataFrame({"a": [56], "m": [70], "b": [48], "n": [80]})
    >>> [round(value, 4) for value in counts.select(**compare("a", "m", "b", "n")).row(0)]
    [0.2, 0.0524, 0.3339]
    """
    share, other = pl.col(hits) / pl.col(of), pl.col(other_hits) / pl.col(of_others)
    low, high = _wilson(hits, of)
    other_low, other_high = _wilson(other_hits, of_others)
    both = (pl.col(of) > 0) & (pl.col(of_others) > 0)
    difference = share - other
    down, up = (
        ((share - low) ** 2 + (other_high - other) ** 2).sqrt(),
        ((high - share) ** 2 + (other - other_low) ** 2).sqrt(),
    )
    values = {"difference": difference, "low": difference - down, "high": difference + up}
    return {name: pl.when(both).then(value) for name, value in values.items()}


def _wilson(hits: str, of: str) -> tuple[pl.Expr, pl.Expr]:
    n, share = pl.col(of), pl.col(hits) / pl.col(of)
    middle = 2 * pl.col(hits) + Z**2
    width = Z * (Z**2 + 4 * pl.col(hits) * (1 - share)).sqrt()
    return (middle - width) / (2 * (n + Z**2)), (middle + width) / (2 * (n + Z**2))


def _complete(calendar: pl.LazyFrame) -> pl.LazyFrame:
    """The cohorts of which every day to Monday + 33 is complete."""
    cohorts = calendar.select("product", cohort=pl.col("date").dt.truncate("1w")).unique()
    days = cohorts.with_columns(
        date=pl.date_ranges("cohort", pl.col("cohort").dt.offset_by(f"{COMPLETE_UNTIL}d"))
    ).explode("date")
    whole = days.join(calendar.filter("is_complete"), on=["product", "date"]).group_by("product", "cohort").len()
    return whole.select("product", "cohort", is_complete=pl.col("len") == COMPLETE_UNTIL + 1)
