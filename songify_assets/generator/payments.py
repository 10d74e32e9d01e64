"""Invoices, what was paid for them at two gateways, what these paid out, and what the bank booked."""

from functools import partial

import numpy as np
import polars as pl

from songify_assets.generator.chance import Index, Mask, pick, uniform
from songify_assets.generator.feeds import CHUNK, Drop, Feed
from songify_assets.generator.money import dates, instants, major
from songify_assets.generator.plan import Plan, Span
from songify_assets.generator.texts import choose, joined

INVOICES = 40  # a day
GATEWAYS = ("Stripe", "Adyen")
_HALVES = 2  # payouts of a gateway a day
_PAYOUTS = len(GATEWAYS) * _HALVES
# Each invoice has so many places for transactions: what was paid, the same again, the rest of a part, what was given back.
PAID, AGAIN, REST, BACK = range(4)
_PLACES, _LATEST, _BACK_AFTER = 4, 4, 9  # the latest payment, and the refund, in days after the invoice
_RENT = 1  # lines of the bank that are of no gateway, a day
_AGAIN_AFTER = 3  # days after which an invoice is told again, corrected or void

INVOICES_FEED = Feed(
    "invoices", "csv", full_dump=False, key="invoice_id", text="customer_id", number="amount",
    impossible=(pl.concat_str(pl.lit("-"), "amount").alias("amount"),),
)  # fmt: skip
TRANSACTIONS_FEED = Feed(
    "gateway_transactions", "csv", full_dump=False, key="transaction_id", text="invoice_refs", number="amount",
    impossible=(pl.lit("999999.99").alias("net"),),
)  # fmt: skip
PAYOUTS_FEED = Feed("gateway_payouts", "csv", full_dump=False, key="payout_id", number="amount", text="gateway")
LINES_FEED = Feed("bank_lines", "csv", full_dump=False, key="line_id", number="amount", text="counterparty")


def drops(plan: Plan, day: int) -> list[Drop]:
    """What is delivered for a day. A gateway pays a day's transactions out, and the bank books that two days later."""
    many = plan.linear(INVOICES)
    paid = [Span(day - lag, 0, many * _PLACES) for lag in (*range(_LATEST + 1), _BACK_AFTER) if day >= lag]
    told = [Span(day - lag, 0, many) for lag in (0, _AGAIN_AFTER) if day >= lag]
    lines = [Span(day, 0, _RENT), *([Span(day - 2, _RENT, _RENT + 2 * _PAYOUTS)] if day > 1 else [])]
    return [
        Drop(INVOICES_FEED, "invoices.csv", day, told, partial(_invoices, today=day), present=partial(_is_told, today=day)),
        Drop(TRANSACTIONS_FEED, "gateway_transactions.csv", day, paid, _transactions, present=partial(_is_paid, today=day)),
        Drop(PAYOUTS_FEED, "gateway_payouts.csv", day, [Span(day, 0, _PAYOUTS)], _payouts),
        Drop(LINES_FEED, "bank_lines.csv", day, lines, partial(_lines, today=day), present=partial(_is_booked, today=day)),
    ]  # fmt: skip


def _amounts(plan: Plan, day: int, invoice: Index) -> Index:
    return 900 + 100 * pick(plan.seed, "invoice", invoice, 300, day)


def _is_told(plan: Plan, day: int, index: Index, *, today: int) -> Mask:
    again = uniform(plan.seed, "invoice again", index, day) < plan.share("restated")
    return np.full(len(index), True) if day == today else again


def _invoices(plan: Plan, day: int, index: Index, *, today: int) -> pl.DataFrame:
    void = (day != today) & (uniform(plan.seed, "invoice void", index, day) < 0.5)
    is_note = uniform(plan.seed, "credit note", index, day) < 0.02
    return pl.DataFrame(
        {
            "invoice_id": joined(f"I{day}-", pl.Series(index)),
            "customer_id": joined("C", pl.Series(pick(plan.seed, "payer", index, 10**6, day))),
            "kind": choose(("invoice", "credit_note"), is_note.astype(np.int64)),
            "status": choose(("open", "void"), void.astype(np.int64)),
            "amount": major(_amounts(plan, day, index) + (100 if day != today else 0)),
            "currency": choose(("SEK",), index),
            "issued_on": dates(plan, day, 0, len(index)),
            "due_on": dates(plan, day, 14, len(index)),
        }
    )


def _paid_after(plan: Plan, day: int, invoice: Index) -> Index:
    """How many days after an invoice it is paid; -1 never."""
    never = uniform(plan.seed, "never paid", invoice, day) < 0.03
    return np.where(never, -1, (uniform(plan.seed, "paid after", invoice, day) ** 2 * (_LATEST + 1)).astype(np.int64))


def _is_paid(plan: Plan, day: int, index: Index, *, today: int) -> Mask:
    invoice, place = np.divmod(index, _PLACES)
    after = _paid_after(plan, day, invoice)
    twice = uniform(plan.seed, "double", invoice, day) < plan.share("double")
    part = uniform(plan.seed, "partial", invoice, day) < plan.share("partial")
    given_back = uniform(plan.seed, "refund", invoice, day) < plan.share("unreferenced")
    there = np.select(
        [place == PAID, place == AGAIN, place == REST], [np.full(len(index), True), twice, part & ~twice], given_back
    )
    due = np.where(place == BACK, _BACK_AFTER, after)
    paid: Mask = there & (after >= 0) & (due == today - day)
    return paid


def _cents(plan: Plan, day: int, index: Index) -> Index:
    invoice, place = np.divmod(index, _PLACES)
    amount = _amounts(plan, day, invoice)
    part = uniform(plan.seed, "partial", invoice, day) < plan.share("partial")
    twice = uniform(plan.seed, "double", invoice, day) < plan.share("double")
    rest = np.where(part & ~twice, amount * 4 // 10, 0)
    # The rest of every other part comes short.
    return np.select([place == REST, place == BACK], [np.where(invoice % 2, rest, rest // 2), -amount], amount - rest)


def _fees(cents: Index) -> Index:
    return np.where(cents > 0, cents * 29 // 1000 + 30, 0)


def _payout(plan: Plan, day: int, invoice: Index) -> Index:
    """Which of a day's payouts what is paid for an invoice is in; each gateway has several."""
    second = (uniform(plan.seed, "gateway", invoice, day) < 0.3).astype(np.int64)
    return second * _HALVES + invoice % _HALVES


def _transactions(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    invoice, place = np.divmod(index, _PLACES)
    cents, gateway = _cents(plan, day, index), _payout(plan, day, invoice) // _HALVES
    back = place == BACK
    made = day + np.where(back, _BACK_AFTER, _paid_after(plan, day, invoice))
    refs, none = joined(f"I{day}-", pl.Series(invoice)), pl.Series([None] * len(index), dtype=pl.String)
    first = joined(f"T{day}-", pl.Series(invoice * _PLACES + PAID))
    return pl.DataFrame(
        {
            "gateway": choose(GATEWAYS, gateway),
            "transaction_id": joined(f"T{day}-", pl.Series(index)),
            "type": choose(("payment", "refund"), back.astype(np.int64)),
            "parent_id": first.zip_with(pl.Series(back), none),
            "invoice_refs": none.zip_with(pl.Series(back), refs),
            "amount": major(cents),
            "fee": major(_fees(cents)),
            "net": major(cents - _fees(cents)),
            "currency": choose(("SEK",), index),
            "customer_amount": none,
            "customer_currency": none,
            "created_at": _instants(plan, made, index),
            "available_on": none,
            "payout_id": joined("PO-", pl.Series(_payout(plan, day, invoice)), "-", pl.Series(made)),
        }
    )


def _instants(plan: Plan, days: Index, index: Index) -> pl.Series:
    made = pl.Series([""] * len(index), dtype=pl.String)
    for day in np.unique(days):
        made = instants(plan, int(day), "transaction", index).zip_with(pl.Series(days == day), made)
    return made


def _net(plan: Plan, day: int, payout: int) -> int:
    """What a payout of a day's transactions comes to."""
    total = 0
    for lag in (*range(_LATEST + 1), _BACK_AFTER):
        for start in range(0, plan.linear(INVOICES) * _PLACES if day >= lag else 0, CHUNK):
            index = np.arange(start, min(start + CHUNK, plan.linear(INVOICES) * _PLACES), dtype=np.int64)
            there = _is_paid(plan, day - lag, index, today=day) & (_payout(plan, day - lag, index // _PLACES) == payout)
            cents = _cents(plan, day - lag, index[there])
            total += int((cents - _fees(cents)).sum())
    return total


def _payouts(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "gateway": choose(GATEWAYS, index // _HALVES),
            "payout_id": joined("PO-", pl.Series(index), f"-{day}"),
            "status": choose(("paid",), index),
            "amount": major(np.array([_net(plan, day, int(payout)) for payout in index], dtype=np.int64)),
            "currency": choose(("SEK",), index),
            "created_at": instants(plan, day, "payout", index),
            "arrival_on": dates(plan, day + 2, 0, len(index)),
        }
    )


def _is(plan: Plan, day: int, what: str, index: Index) -> Mask:
    return uniform(plan.seed, f"{what} line", index, day) < plan.share(what)


def _is_booked(plan: Plan, day: int, index: Index, *, today: int) -> Mask:
    """The bank's lines of payouts: one each, two of a split one, and one for all of a gateway's where they are joint."""
    if day == today:
        return np.full(len(index), True)
    payout, second = np.divmod(index - _RENT, 2)
    joint = _is(plan, day, "joint", payout // _HALVES)
    return np.where(second == 1, _is(plan, day, "split", payout) & ~joint, ~joint | (payout % _HALVES == 0))


def _lines(plan: Plan, day: int, index: Index, *, today: int) -> pl.DataFrame:
    if day == today:
        return _rent(plan, day, index)
    payout, second = np.divmod(index - _RENT, 2)
    joint = _is(plan, day, "joint", payout // _HALVES)
    split = _is(plan, day, "split", payout) & ~joint
    nets = np.array([_net(plan, day, int(of)) for of in payout], dtype=np.int64)
    others = np.array(
        [_net(plan, day, int(of) + 1) if is_joint else 0 for of, is_joint in zip(payout, joint, strict=True)]
    )
    parts = np.where(
        split, np.where(second == 1, nets - nets * 6 // 10, nets * 6 // 10), nets + others.astype(np.int64)
    )
    name = joined("payout PO-", pl.Series(payout), f"-{day}")
    both = joined(name, " PO-", pl.Series(payout + 1), f"-{day}")
    unnamed = pl.Series(["settlement"] * len(index), dtype=pl.String)
    is_named = pl.Series((uniform(plan.seed, "named line", index, day) < 0.8) | split)
    return pl.DataFrame(
        {
            "line_id": joined(f"L{day}-", pl.Series(index)),
            "booked_on": dates(plan, today, 0, len(index)),
            "amount": major(parts),
            "currency": choose(("SEK",), index),
            "counterparty": choose(GATEWAYS, payout // _HALVES),
            "reference": both.zip_with(pl.Series(joint), name).zip_with(is_named, unnamed),
        }
    )


def _rent(plan: Plan, day: int, index: Index) -> pl.DataFrame:
    """Lines that are of no gateway."""
    return pl.DataFrame(
        {
            "line_id": joined(f"R{day}-", pl.Series(index)),
            "booked_on": dates(plan, day, 0, len(index)),
            "amount": major(-pick(plan.seed, "rent", index, 10**6, day)),
            "currency": choose(("SEK",), index),
            "counterparty": choose(("Landlord AB",), index),
            "reference": choose(("rent",), index),
        }
    )
