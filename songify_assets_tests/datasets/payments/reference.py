"""A plain, slow reference of the payments tables, one group after the other, without data frames."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from songify_assets_tests.datasets.drop import Drop, key, last_of, local_day, minor, records_of
from songify_assets_tests.datasets.payments.drops import INVOICES, LINES, PAYOUTS, SIGNS, TRANSACTIONS

Row = dict[str, Any]
Groups = list[tuple[list[Row], list[Row]]]
BILLED = ("payment", "refund", "chargeback", "chargeback_reversal")


def tables(arrived: Sequence[Drop]) -> dict[str, list[tuple[Any, ...]]]:
    """All tables, whatever the order in which the drops came."""
    last = last_of(arrived)
    as_of = max(drop.delivered_on for drop in last)
    invoices, transactions, payouts, lines = _invoices(last), _transactions(last), _payouts(last), _lines(last)
    items = [
        *_items("billing", _billing(invoices, transactions, as_of), as_of),
        *_items("settlement", _settlement(transactions, payouts, as_of), as_of),
        *_items("bank", _bank(payouts, lines, as_of), as_of),
    ]
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for item in items:
        sums[(item[4].replace(day=1), item[0], item[1], item[5], item[7])].append(item[6])
    return {
        "items": items,
        "reconciliation": [(*of, len(amounts), sum(amounts)) for of, amounts in sums.items()],
        "gateway_balances": list(_balances(transactions, payouts, as_of)),
    }


def _newest(rows: Iterator[Row], of: Callable[[Row], Any]) -> list[Row]:
    return list({of(row): row for row in rows}.values())


def _invoices(last: Sequence[Drop]) -> list[Row]:
    def good() -> Iterator[Row]:
        for _, r in records_of(last, INVOICES):
            amount = minor(r["amount"], r["currency"])
            if r["kind"] in ("invoice", "credit_note") and amount is not None and amount >= 0:
                yield {
                    **r, "side": "invoice", "gateway": None, "key": key(r["invoice_id"]), "currency": r["currency"],
                    "amount": -amount if r["kind"] == "credit_note" else amount, "day": r["issued_on"], "due": r["due_on"] or r["issued_on"],
                }  # fmt: skip

    return _newest(good(), lambda row: row["key"])


def _transactions(last: Sequence[Drop]) -> list[Row]:
    def good() -> Iterator[Row]:
        for _, r in records_of(last, TRANSACTIONS):
            amount, net = minor(r["amount"], r["currency"]), minor(r["net"], r["currency"])
            fee = minor(r["fee"], r["currency"]) if r["fee"] else 0
            theirs = minor(r["customer_amount"], r["customer_currency"]) if r["customer_amount"] else amount
            sign = {"fee": 0, "adjustment": 0}.get(r["type"], SIGNS.get(r["type"]))
            if sign is None or amount is None or net is None or fee is None or theirs is None or amount - fee != net:
                continue
            if amount * sign < 0 or theirs * sign < 0:
                continue
            created = datetime.fromisoformat(r["created_at"])
            yield {
                **r, "side": "transaction", "gateway": key(r["gateway"]), "key": key(r["transaction_id"]), "parent": key(r["parent_id"]),
                "refs": frozenset(filter(None, (key(ref) for ref in r["invoice_refs"].split(";")))), "base": amount, "fee_minor": fee,
                "net_minor": net, "base_currency": r["currency"], "amount": theirs, "currency": r["customer_currency"] if r["customer_amount"] else r["currency"],
                "created": created, "day": local_day(created), "available": r["available_on"] or local_day(created), "payout": key(r["payout_id"]),
            }  # fmt: skip

    return _newest(good(), lambda row: (row["gateway"], row["key"]))


def _payouts(last: Sequence[Drop]) -> list[Row]:
    def good() -> Iterator[Row]:
        for _, r in records_of(last, PAYOUTS):
            if r["status"] != "lost":
                made = local_day(datetime.fromisoformat(r["created_at"]))
                yield {
                    **r, "side": "payout", "gateway": key(r["gateway"]), "key": key(r["payout_id"]), "amount": minor(r["amount"], r["currency"]),
                    "created": made, "day": r["arrival_on"],
                }  # fmt: skip

    return _newest(good(), lambda row: (row["gateway"], row["key"]))


def _lines(last: Sequence[Drop]) -> list[Row]:
    rows = (
        {
            **r,
            "side": "bank_line",
            "key": key(r["line_id"]),
            "amount": minor(r["amount"], r["currency"]),
            "day": r["booked_on"],
        }
        for _, r in records_of(last, LINES)
    )
    return _newest(rows, lambda row: row["key"])


def _groups(ours: list[Row], theirs: list[Row], linked: Callable[[Row, Row], bool]) -> Groups:
    """Connected components, found by merging what touches."""
    groups: Groups = [([row], []) for row in ours]
    for row in theirs:
        touched = [group for group in groups if any(linked(row, mine) for mine in group[0])]
        groups = [group for group in groups if group not in touched]
        ours_of = [mine for group in touched for mine in group[0]]
        groups.append((ours_of, [*(other for group in touched for other in group[1]), row]))
    return groups


def _name(row: Row) -> str:
    parts = (
        [row["side"], row["gateway"], row["key"]]
        if row["side"] in ("transaction", "payout")
        else [row["side"], row["key"]]
    )
    return ":".join(parts)


def _judge(
    ours: list[Row], theirs: list[Row], tolerance: int, repeats: Callable[[Row], Any], at: Callable[[Row], Any]
) -> Iterator[Row]:
    """The rows of a two-sided group with their states."""
    match = min(map(_name, [*ours, *theirs]))
    if len({row["currency"] for row in [*ours, *theirs]}) > 1:
        for row in [*ours, *theirs]:
            yield {**row, "state": "currency_differs", "match": match, "difference": None}
        return
    turn = -1 if sum(row["amount"] for row in ours) < 0 else 1
    paid = turn * sum(row["amount"] for row in theirs)
    total = paid - turn * sum(row["amount"] for row in ours)
    rest, tolerance = total, tolerance * len(theirs)
    twice = []
    for row in sorted(theirs, key=at, reverse=True):
        if rest <= tolerance:
            break
        earlier = [other for other in theirs if repeats(other) == repeats(row) and at(other) < at(row)]
        if repeats(row) is not None and earlier and turn * row["amount"] <= rest + tolerance:
            twice.append(row)
            rest -= turn * row["amount"]
    state = (
        "matched"
        if abs(rest) <= tolerance
        else "amount_differs"
        if rest > 0
        else "partly_matched"
        if paid > 0
        else "reversed"
    )
    for row in [*ours, *theirs]:
        yield {**row, "state": "duplicate" if row in twice else state, "match": match, "difference": turn * total}


def _waits(row: Row, day: date, days: int, then: str, as_of: date) -> Row:
    return {
        **row,
        "state": "timing" if as_of <= day + timedelta(days=days) else then,
        "match": None,
        "difference": None,
    }


def _state(row: Row, state: str) -> Row:
    return {**row, "state": state, "match": None, "difference": None}


def _refs(row: Row, all_of: dict[Any, Row], seen: frozenset[Any] = frozenset()) -> frozenset[str]:
    own = (row["gateway"], row["key"])
    parent = all_of.get((row["gateway"], row["parent"]))
    if row["refs"] or not parent or own in seen:
        return frozenset(row["refs"])
    return _refs(parent, all_of, seen | {own})


def _billing(invoices: list[Row], transactions: list[Row], as_of: date) -> Iterator[Row]:
    all_of = {(row["gateway"], row["key"]): row for row in transactions}
    theirs = [{**row, "refs": _refs(row, all_of)} for row in transactions if row["type"] in BILLED]
    still = [row for row in invoices if row["status"] == "open"]
    yield from (_state(row, "void") for row in invoices if row["status"] == "void")
    for ours, paid in _groups(still, theirs, lambda row, invoice: invoice["key"] in row["refs"]):
        if ours and paid:
            yield from _judge(
                ours, paid, 1, lambda row: (row["gateway"], row["refs"], row["amount"]) if row["type"] == "payment" else None,
                lambda row: (row["created"], row["key"], row["gateway"]),
            )  # fmt: skip
        yield from (_waits(row, row["due"], 3, "missing_at_gateway", as_of) for row in ours if not paid)
        yield from (_waits(row, row["day"], 3, "missing_internally", as_of) for row in paid if not ours)


def _settlement(transactions: list[Row], payouts: list[Row], as_of: date) -> Iterator[Row]:
    nets = [{**row, "amount": row["net_minor"], "currency": row["base_currency"]} for row in transactions]
    yield from (_state(row, "failed") for row in payouts if row["status"] == "failed")
    still = [row for row in payouts if row["status"] != "failed"]
    for ours, theirs in _groups(
        still, nets, lambda row, payout: (row["gateway"], row["payout"]) == (payout["gateway"], payout["key"])
    ):
        if ours and theirs:
            for row in _judge(ours, theirs, 0, lambda row: None, lambda row: 0):
                short = row["state"] in ("partly_matched", "reversed")
                yield {**row, "state": "amount_differs"} if short else row
        yield from (_waits(row, row["created"], 3, "missing_transactions", as_of) for row in ours if not theirs)
        yield from (_waits(row, row["available"], 3, "missing_payout", as_of) for row in theirs if not ours)


def _bank(payouts: list[Row], lines: list[Row], as_of: date) -> Iterator[Row]:
    gateways = {row["gateway"] for row in payouts}
    told = [
        {**row, "gateway": key(row["counterparty"]) if key(row["counterparty"]) in gateways else None} for row in lines
    ]
    yield from (_state(row, "out_of_scope") for row in told if row["gateway"] is None)
    yield from (_state(row, "failed") for row in payouts if row["status"] == "failed")
    still, scope = [row for row in payouts if row["status"] != "failed"], [row for row in told if row["gateway"]]

    def named(line: Row, payout: Row) -> bool:
        return line["gateway"] == payout["gateway"] and payout["key"] in re.findall(
            r"[\w-]+", line["reference"].lower()
        )

    done: list[Row] = []
    for ours, theirs in _groups(still, scope, named):
        if ours and theirs:
            done += _judge(
                ours,
                theirs,
                0,
                lambda row: (row["day"], row["amount"], row["reference"]),
                lambda row: (row["day"], row["key"]),
            )
    taken = {_name(row) for row in done}
    left = sorted((row for row in still if _name(row) not in taken), key=lambda row: (row["day"], row["key"]))
    free = sorted((row for row in scope if _name(row) not in taken), key=lambda row: (row["day"], row["key"]))
    for ours, line in _by_amount(left, free):
        done += [{**row, "state": "matched", "match": _name(line), "difference": 0} for row in [*ours, line]]
    yield from done
    taken = {_name(row) for row in done}
    yield from (_waits(row, row["day"], 5, "missing_at_bank", as_of) for row in left if _name(row) not in taken)
    matched = {row["key"] for row in done if row["side"] == "bank_line" and row["state"] == "matched"}
    for line in (line for line in free if _name(line) not in taken):
        alike = [other["key"] for other in scope if _content(other) == _content(line) and other["key"] != line["key"]]
        if any(other in matched or other < line["key"] for other in alike):
            yield _state(line, "duplicate")
        else:
            yield _waits(line, line["day"], 3, "unexplained", as_of)


def _content(line: Row) -> tuple[Any, ...]:
    return tuple(line[name] for name in ("booked_on", "amount", "currency", "counterparty", "reference"))


def _fits(payout: Row, line: Row) -> bool:
    return timedelta(days=-1) <= line["day"] - payout["day"] <= timedelta(days=5)


def _by_amount(payouts: list[Row], lines: list[Row]) -> Iterator[tuple[list[Row], Row]]:
    used: list[Row] = []
    for kind in {(row["gateway"], row["currency"], row["amount"]) for row in payouts}:
        ours, theirs = (
            [row for row in rows if (row["gateway"], row["currency"], row["amount"]) == kind]
            for rows in (payouts, lines)
        )
        while ours and theirs:
            if _fits(ours[0], theirs[0]):
                used += [ours[0], theirs[0]]
                yield [ours.pop(0)], theirs.pop(0)
            elif theirs[0]["day"] < ours[0]["day"]:
                theirs.pop(0)
            else:
                ours.pop(0)
    left = [row for row in payouts if row not in used]
    for line in (line for line in lines if line not in used):
        alike = [
            row
            for row in left
            if (row["gateway"], row["currency"]) == (line["gateway"], line["currency"]) and _fits(row, line)
        ]
        for day in sorted({row["day"] for row in alike}):
            of_day = [row for row in alike if row["day"] == day]
            if len(of_day) > 1 and sum(row["amount"] for row in of_day) == line["amount"]:
                left = [row for row in left if row not in of_day]
                yield of_day, line
                break


def _items(level: str, rows: Iterator[Row], as_of: date) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        done = row["state"] in ("matched", "void", "failed", "out_of_scope")
        days = None if done else (as_of - row["day"]).days
        bucket = (
            None
            if days is None
            else next((name for most, name in ((30, "0-30"), (60, "31-60"), (90, "61-90")) if days <= most), "90+")
        )
        yield (
            level, row["side"], row["gateway"], row["key"], row["day"], row["currency"], row["amount"], row["state"], row["match"],
            row["difference"], days, bucket,
        )  # fmt: skip


def _balances(transactions: list[Row], payouts: list[Row], as_of: date) -> Iterator[tuple[Any, ...]]:
    moved: dict[tuple[str, str], dict[date, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in transactions:
        month = moved[(row["gateway"], row["base_currency"])][row["day"].replace(day=1)]
        month["chargeback" if row["type"] == "chargeback_reversal" else row["type"]] += row["base"]
        month["fee"] -= row["fee_minor"]
    for row in payouts:
        month = moved[(row["gateway"], row["currency"])][row["created"].replace(day=1)]
        month["payout"] -= row["amount"] if row["status"] != "failed" else 0
    for (gateway, currency), months in moved.items():
        month = min(m for (other, _), those in moved.items() if other == gateway for m in those)
        closing = 0
        while month <= as_of:
            flows = [months[month][name] for name in ("payment", "refund", "chargeback", "fee", "adjustment", "payout")]
            yield month, gateway, currency, closing, *flows, closing + sum(flows)
            closing += sum(flows)
            month = (month + timedelta(days=32)).replace(day=1)
