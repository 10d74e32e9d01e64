"""Random invoices, transactions, payouts and bank lines: late, repeated, moved, voided and corrected, double, joint and split."""

import random
from datetime import UTC, date, datetime, timedelta

from songify_assets_tests.datasets.drop import Drop, Record

FIRST, DAYS = date(2021, 12, 20), 70
INVOICES, TRANSACTIONS, PAYOUTS, LINES = (
    "invoices.csv",
    "gateway_transactions.csv",
    "gateway_payouts.csv",
    "bank_lines.csv",
)
FILES = (INVOICES, TRANSACTIONS, PAYOUTS, LINES)
HEADERS = {
    INVOICES: ["invoice_id", "customer_id", "kind", "status", "amount", "currency", "issued_on", "due_on"],
    TRANSACTIONS: [
        "gateway", "transaction_id", "type", "parent_id", "invoice_refs", "amount", "fee", "net", "currency", "customer_amount",
        "customer_currency", "created_at", "available_on", "payout_id",
    ],
    PAYOUTS: ["gateway", "payout_id", "status", "amount", "currency", "created_at", "arrival_on"],
    LINES: ["line_id", "booked_on", "amount", "currency", "counterparty", "reference"],
}  # fmt: skip
SIGNS = {"payment": 1, "refund": -1, "chargeback": -1, "chargeback_reversal": 1, "fee": -1, "adjustment": 1}
GATEWAYS = ["Stripe", "stripe", "adyen"]


def drawn(chance: random.Random) -> list[Drop]:
    """Some drops in random order of arrival, corrections among them."""
    drops = [_drop(chance, chance.choice([*FILES, TRANSACTIONS])) for _ in range(chance.randint(4, 14))]
    if (
        chance.random() < 0.7
    ):  # records of one currency and gateway that name each other, so that there is much to match
        drops = [
            Drop(drop.file, drop.delivered_on, tuple(_tied(chance, drop.file, record) for record in drop.records))
            for drop in drops
        ]
    again = [chance.choice(drops) for _ in range(chance.randint(0, 3))]
    return drops + [Drop(drop.file, drop.delivered_on, _drop(chance, drop.file).records) for drop in again]


def _drop(chance: random.Random, file: str) -> Drop:
    day = FIRST + timedelta(days=chance.randrange(DAYS))
    return Drop(file, day, tuple(RECORDS[file](chance, day) for _ in range(chance.randint(0, 9))))


def _tied(chance: random.Random, file: str, record: Record) -> Record:
    tied = {**record, "currency": "SEK", "amount": record["amount"].replace("3.00", "1.00")}
    if file == INVOICES:
        return {**tied, "invoice_id": f"I{chance.randrange(6)}", "kind": "invoice", "status": "open"}
    if file == LINES:
        named = chance.choice(["", f"payout P{chance.randrange(6)}", f"payout P{chance.randrange(6)}"])
        return {**tied, "counterparty": "Stripe", "reference": named}
    tied["gateway"], tied["payout_id"] = "stripe", f"P{chance.randrange(6)}"
    if file == TRANSACTIONS and record["type"] == "payment":
        refs = chance.choice(
            [f"I{chance.randrange(6)}", f"I{chance.randrange(6)}", f"I{chance.randrange(6)};I{chance.randrange(6)}"]
        )
        tied |= {
            "invoice_refs": refs,
            "amount": record["net"],
            "fee": "",
            "customer_amount": "",
            "customer_currency": "",
        }
    return tied if record.get("status") != "failed" else {**tied, "status": "paid"}


def _near(chance: random.Random, day: date) -> date:
    return day + timedelta(days=chance.choice([0, 0, 0, -1, -2, -4, -30, 2]))


def _instant(chance: random.Random, day: date) -> str:
    moment = datetime(day.year, day.month, day.day, chance.choice([0, 9, 9, 23]), tzinfo=UTC)
    return (moment - timedelta(days=chance.choice([0, 0, 1, 3, 35]))).isoformat()


def _invoice(chance: random.Random, day: date) -> Record:
    return {
        "invoice_id": f"I{chance.randrange(8)}", "customer_id": "C", "kind": chance.choice(["invoice"] * 4 + ["credit_note", "bill"]),
        "status": chance.choice(["open"] * 5 + ["void"]), "amount": chance.choice(["1.00", "1.00", "2.00", "3.00", "0", "-1"]),
        "currency": chance.choice(["SEK"] * 9 + ["EUR"]), "issued_on": _near(chance, day),
        "due_on": chance.choice(["", _near(chance, day)]),
    }  # fmt: skip


def _transaction(chance: random.Random, day: date) -> Record:
    kind = chance.choice([*SIGNS, "payment", "payment", "refund", "gift"])
    cents = SIGNS.get(kind, 1) * chance.choice([100, 100, 101, 200, 300, 0])
    fee = chance.choice([0, 0, 3, -1])
    wrong = chance.random()
    abroad = chance.random() < 0.2
    return {
        "gateway": chance.choice(GATEWAYS), "transaction_id": f"T{chance.randrange(30)}", "type": kind,
        "parent_id": chance.choice(["", "", f"T{chance.randrange(12)}"]),
        "invoice_refs": chance.choice(["", "", *[f"I{chance.randrange(9)}" for _ in range(5)], f"I{chance.randrange(8)}; i{chance.randrange(8)};"]),
        "amount": _major(-cents if wrong < 0.03 else cents), "fee": _major(fee) if fee or wrong < 0.5 else "",
        "net": _major(cents - fee + (1 if 0.03 < wrong < 0.06 else 0)), "currency": chance.choice(["SEK"] * 9 + ["EUR"]),
        "customer_amount": _major(cents) if abroad else "", "customer_currency": chance.choice(["SEK", "EUR"]) if abroad else "",
        "created_at": _instant(chance, day), "available_on": chance.choice(["", _near(chance, day)]),
        "payout_id": chance.choice(["", *[f"P{chance.randrange(6)}" for _ in range(3)]]),
    }  # fmt: skip


def _payout(chance: random.Random, day: date) -> Record:
    return {
        "gateway": chance.choice(GATEWAYS), "payout_id": f"P{chance.randrange(6)}", "status": chance.choice(["paid"] * 4 + ["in_transit", "failed", "lost"]),
        "amount": chance.choice(["1.00", "1.00", "2.00", "0.97", "-1.00"]), "currency": chance.choice(["SEK"] * 9 + ["EUR"]),
        "created_at": _instant(chance, day), "arrival_on": _near(chance, day),
    }  # fmt: skip


def _line(chance: random.Random, day: date) -> Record:
    return {
        "line_id": f"L{chance.randrange(20)}", "booked_on": _near(chance, day), "amount": chance.choice(["1.00", "1.00", "2.00", "3.00", "-1.00", "1.97"]),
        "currency": chance.choice(["SEK"] * 9 + ["EUR"]), "counterparty": chance.choice([*GATEWAYS, "STRIPE ", "landlord", ""]),
        "reference": chance.choice(["", "", "pay", f"PAYOUT P{chance.randrange(7)}.", f"p{chance.randrange(6)}/P{chance.randrange(6)}"]),
    }  # fmt: skip


def _major(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


RECORDS = {INVOICES: _invoice, TRANSACTIONS: _transaction, PAYOUTS: _payout, LINES: _line}
