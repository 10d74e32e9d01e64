"""Payouts of gateways and the lines that the bank booked for them."""

import polars as pl

from songify_assets.datasets.payments.transforms.groups import JUDGED, NOBODY, judge
from songify_assets.datasets.payments.transforms.rows import Side, items_of, waits, with_node
from songify_assets.foundation.in_order import pairs, sums_of_days
from songify_assets.foundation.keys import normalized_key

EXACTLY, PAYOUT_WAITS, LINE_WAITS = 0, 5, 3
WINDOW = {"earliest": -1, "latest": 5}  # days after a payout should arrive on which it may be booked
A_WORD = r"[\p{L}\p{N}_-]+"
CONTENT = ["booked_on", "amount_minor", "currency", "counterparty", "reference"]


def reconcile_bank(payouts: pl.LazyFrame, lines: pl.LazyFrame, newest: pl.LazyFrame) -> pl.LazyFrame:
    """The items of the bank: payouts, and lines from gateways that have any.

    First by the payout's id as a word of the line's reference; then what is left of a gateway, currency and amount in order of
    days; then lines that are the sum of all payouts left of one day. No other sums are tried.
    """
    ours = with_node(payouts, "payout", "gateway", "payout_key").with_columns(name=NOBODY).cache()
    theirs = _lines(lines, payouts).cache()
    open_payouts, own_lines = ours.filter(pl.col("status") != "failed"), theirs.filter(pl.col("gateway").is_not_null())
    by_id = judge(open_payouts, own_lines, _named(own_lines, open_payouts), tolerance=EXACTLY, repeats=_repeats())
    judged = pl.concat([by_id, _by_amount(open_payouts, own_lines, by_id)]).cache()
    arrives = waits(pl.col("arrival_on"), PAYOUT_WAITS, "missing_at_bank")
    unpaid = pl.when(pl.col("status") == "failed").then(pl.lit("failed")).otherwise(arrives)
    unexplained = (
        pl.when(pl.col("gateway").is_null()).then(pl.lit("out_of_scope"))
        .when("is_repeated").then(pl.lit("duplicate"))
        .otherwise(waits(pl.col("booked_on"), LINE_WAITS, "unexplained"))
    )  # fmt: skip
    sides = [
        Side(ours, "payout", "payout_key", "arrival_on", unpaid),
        Side(_repeated(theirs, judged), "bank_line", "line_key", "booked_on", unexplained),
    ]
    return items_of("bank", sides, judged, newest)


def _lines(lines: pl.LazyFrame, payouts: pl.LazyFrame) -> pl.LazyFrame:
    """Lines with the gateway that they are from: NULL where the counterparty is none that has payouts."""
    gateways = payouts.select("gateway", counterparty_key="gateway").unique()
    known = lines.with_columns(counterparty_key=normalized_key(pl.col("counterparty")))
    told = known.join(gateways, on="counterparty_key", how="left").drop("counterparty_key")
    name = pl.format("bank_line:{}", "line_key")
    return with_node(told, "bank_line", "line_key").with_columns(name=name, at="booked_on", key="line_key")


def _repeats() -> pl.Expr:
    return pl.format("{} {} {}", "booked_on", "amount_minor", "reference")


def _named(lines: pl.LazyFrame, payouts: pl.LazyFrame) -> pl.LazyFrame:
    """Lines and the payouts of their gateway whose ids are words of their reference."""
    words = normalized_key(pl.col("reference")).str.extract_all(A_WORD).list.unique()
    told = lines.select("gateway", theirs="node", payout_key=words).explode("payout_key").drop_nulls()
    named = with_node(told, "payout", "gateway", "payout_key", node="ours").select("ours", "theirs")
    return named.join(payouts.select(ours="node"), on="ours", how="semi")


def _by_amount(payouts: pl.LazyFrame, lines: pl.LazyFrame, judged: pl.LazyFrame) -> pl.LazyFrame:
    """What no reference ties: one to one in order of days, then several payouts of a day to one line; all of it matched."""
    done = judged.select("node")
    columns = ["node", "gateway", "currency", "amount_minor", "name", "day", "key"]
    ours = (
        payouts.with_columns(day="arrival_on", key="payout_key")
        .select(columns)
        .join(done, on="node", how="anti")
        .cache()
    )
    theirs = lines.with_columns(day="booked_on").select(columns).join(done, on="node", how="anti").cache()
    single = pairs(ours, theirs, of=["gateway", "currency", "amount_minor"], **WINDOW).cache()
    left = [
        rows.join(single.select(node=side), on="node", how="anti").with_columns(amount="amount_minor")
        for rows, side in ((ours, "ours"), (theirs, "theirs"))
    ]
    several = sums_of_days(left[0], left[1], of=["gateway", "currency"], **WINDOW)
    met = pl.concat([single, several]).join(theirs.select(theirs="node", match_id="name"), on="theirs").cache()
    both = pl.concat([met.select("match_id", node="ours"), met.select("match_id", node="theirs").unique()])
    return both.select("node", "match_id", state=pl.lit("matched"), difference_minor=pl.lit(0, pl.Int64)).select(JUDGED)


def _repeated(lines: pl.LazyFrame, judged: pl.LazyFrame) -> pl.LazyFrame:
    """Lines, and whether each has the content of a matched one, or of one with a smaller key."""
    matched = judged.filter(pl.col("state") == "matched").select("node", is_matched=pl.lit(True))
    known = lines.join(matched, on="node", how="left")
    first = pl.col("line_key").min().over(CONTENT)
    others = pl.col("is_matched").fill_null(False).any().over(CONTENT)
    return known.with_columns(is_repeated=others | (first < pl.col("line_key"))).drop("is_matched")
