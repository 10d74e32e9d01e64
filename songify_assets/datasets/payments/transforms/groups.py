"""What hangs together by references, and whether the two sides of it agree."""

import polars as pl

from songify_assets.foundation.groups import connected
from songify_assets.foundation.in_order import leaving

JUDGED = ["node", "state", "match_id", "difference_minor"]
NOBODY = pl.lit(None, pl.String)
PARTS = pl.when(pl.col("theirs") > 0).then(pl.lit("partly_matched")).otherwise(pl.lit("reversed"))


def judge(
    ours: pl.LazyFrame,
    theirs: pl.LazyFrame,
    links: pl.LazyFrame,
    *,
    tolerance: int,
    repeats: pl.Expr = NOBODY,
    less: pl.Expr = PARTS,
) -> pl.LazyFrame:
    """The state of each row of two sides that is in a group with both: (`node`, `state`, `match_id`, `difference_minor`).

    `links` are pairs of nodes (`ours`, `theirs`); a group is all that hangs together by them. Both sides have `node`,
    `amount_minor`, `currency` and `name` (null on the side that never has the smallest), theirs `at` and `key` besides.
    The sides agree if they differ by no more than `tolerance` for each of theirs. Where theirs are more, those that repeat an
    earlier one (equal in `repeats`, which is not null) are duplicates, the latest first, as far as they explain the excess. Where
    theirs are less, the state is `less`.
    """
    grouped = _grouped(links.cache()).cache()
    mine = ours.join(grouped.filter("is_ours"), on="node").cache()
    other = theirs.join(grouped.filter(~pl.col("is_ours")), on="node").cache()
    sums = _sums(mine, other, tolerance).cache()
    leaves = _duplicates(other, sums, repeats).cache()
    left = leaves.group_by("group").agg(left=pl.col("turned").sum())
    states = sums.join(left, on="group", how="left").select("group", "match_id", "difference_minor", state=_state(less))
    rows = pl.concat([mine.select("node", "group"), other.select("node", "group")]).join(states, on="group")
    twice = leaves.select("node", is_duplicate=pl.lit(True))
    state = pl.when(pl.col("is_duplicate")).then(pl.lit("duplicate")).otherwise("state")
    return rows.join(twice, on="node", how="left").with_columns(state=state).select(JUDGED).cache()


def _grouped(links: pl.LazyFrame) -> pl.LazyFrame:
    """The group of each node that has a link; only those of theirs that have several tie ours together."""
    firsts = links.group_by("theirs").agg(first=pl.col("ours").min(), several=pl.len() > 1).cache()
    joint = links.join(firsts.filter("several"), on="theirs").filter(pl.col("ours") != pl.col("first"))
    tied = connected(joint, "first", "ours").rename({"node": "first"})
    both = [
        firsts.select("first", node="theirs", is_ours=pl.lit(False)),
        links.select(first="ours", node="ours", is_ours=pl.lit(True)).unique(),
    ]
    grouped = pl.concat(both).join(tied, on="first", how="left")
    return grouped.select("node", "is_ours", group=pl.coalesce("group", "first"))


def _sums(ours: pl.LazyFrame, theirs: pl.LazyFrame, tolerance: int) -> pl.LazyFrame:
    """What each group comes to: the excess of theirs over ours (turned where ours are below 0), and what may be between them."""
    none = pl.lit(0, pl.Int64)
    sides = [
        rows.select("group", "currency", "name", mine=mine, other=other, many=many)
        for rows, mine, other, many in (
            (ours, pl.col("amount_minor"), none, none),
            (theirs, none, pl.col("amount_minor"), pl.lit(1, pl.Int64)),
        )
    ]
    sums = pl.concat(sides).group_by("group").agg(
        pl.col("mine", "other", "many").sum(), match_id=pl.col("name").min(), low=pl.col("currency").min(), high=pl.col("currency").max()
    )  # fmt: skip
    turn = pl.when(pl.col("mine") < 0).then(-1).otherwise(1)
    difference = pl.col("other") - pl.col("mine")
    one_currency = pl.col("low") == pl.col("high")
    return sums.select(
        "group", "match_id", one_currency=one_currency, difference_minor=pl.when(one_currency).then(difference),
        turn=turn, excess=turn * difference, theirs=turn * pl.col("other"), within=tolerance * pl.col("many"),
    )  # fmt: skip


def _duplicates(theirs: pl.LazyFrame, sums: pl.LazyFrame, repeats: pl.Expr) -> pl.LazyFrame:
    """Those of theirs that repeat an earlier one and explain an excess, with their amount as it is `turned`."""
    above = sums.filter(pl.col("one_currency"), pl.col("excess") > pl.col("within"))
    may = theirs.join(above, on="group").with_columns(repeats=repeats).filter(pl.col("repeats").is_not_null())
    again = pl.int_range(pl.len()).over("group", "repeats") > 0
    repeated = may.sort("group", "at", "key").filter(again)
    latest = repeated.sort("group", "at", "key", descending=[False, True, True])
    turned = latest.select("node", "group", "excess", "within", turned=pl.col("turn") * pl.col("amount_minor"))
    return leaving(turned, "group", "turned", "excess", "within")


def _state(less: pl.Expr) -> pl.Expr:
    rest, within = pl.col("excess") - pl.col("left").fill_null(0), pl.col("within")
    return (
        pl.when(~pl.col("one_currency")).then(pl.lit("currency_differs"))
        .when(rest.abs() <= within).then(pl.lit("matched"))
        .when(rest > within).then(pl.lit("amount_differs"))
        .otherwise(less)
    )  # fmt: skip
