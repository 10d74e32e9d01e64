"""Cases that a finance person can read: what was invoiced, paid, paid out and booked, and what state follows."""

from pathlib import Path
from typing import Any

import pytest

from songify_assets.datasets.payments import DATASET
from songify_assets_tests.datasets.homes import Home
from songify_assets_tests.datasets.payments.drops import HEADERS, INVOICES, LINES, PAYOUTS, TRANSACTIONS

DAY = "2021-12-31"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, DATASET, HEADERS)


def invoice(
    number: str, amount: str, currency: str = "SEK", kind: str = "invoice", status: str = "open", on: str = "2021-12-01"
) -> str:
    return f"{number},C,{kind},{status},{amount},{currency},{on},"


def paid(
    number: str, refs: str, amount: str, kind: str = "payment", parent: str = "", payout: str = "", fee: str = "0", net: str = "",
    currency: str = "SEK", at: str = "2021-12-02T10:00Z",
) -> str:  # fmt: skip
    return f"Stripe,{number},{kind},{parent},{refs},{amount},{fee},{net or amount},{currency},,,{at},,{payout}"


def payout(number: str, amount: str, status: str = "paid", arrives: str = "2021-12-10", currency: str = "SEK") -> str:
    return f"Stripe,{number},{status},{amount},{currency},2021-12-08T10:00Z,{arrives}"


def line(number: str, amount: str, reference: str = "", on: str = "2021-12-10", of: str = "STRIPE") -> str:
    return f"{number},{on},{amount},SEK,{of},{reference}"


def states(home: Home, level: str) -> dict[str, str]:
    return {row["item_key"]: row["state"] for row in home.rows("items") if row["level"] == level}


def item(home: Home, level: str, key: str) -> dict[str, Any]:
    return next(row for row in home.rows("items") if (row["level"], row["item_key"]) == (level, key))


BILLING = [
    ("an invoice that is paid is matched", ["1,100"], ["A,1,100"], {"1": "matched", "a": "matched"}),
    ("a unit of difference is rounding", ["1,100"], ["A,1,99.99"], {"1": "matched", "a": "matched"}),
    ("two units are not", ["1,100"], ["A,1,99.98"], {"1": "partly_matched", "a": "partly_matched"}),
    ("each transaction may round by a unit", ["1,100"], ["A,1,50", "B,1,49.98"], dict.fromkeys("1ab", "matched")),
    ("too much is told", ["1,100"], ["A,1,120"], {"1": "amount_differs", "a": "amount_differs"}),
    ("one payment for two invoices", ["1,60", "2,40"], ["A,1;2,100"], dict.fromkeys("12a", "matched")),
    ("two payments for one invoice", ["1,100"], ["A,1,60", "B,1,40"], dict.fromkeys("1ab", "matched")),
    ("equal instalments are no duplicates", ["1,100"], ["A,1,50", "B,1,50"], dict.fromkeys("1ab", "matched")),
    ("a charge that came twice is a duplicate, the later one", ["1,100"], ["A,1,100", "B,1,100"], {"1": "matched", "a": "matched", "b": "duplicate"}),
    ("a charge that came three times is two duplicates", ["1,100"], ["A,1,100", "B,1,100", "C,1,100"], {"1": "matched", "a": "matched", "b": "duplicate", "c": "duplicate"}),
    ("an unknown invoice links nothing", ["1,100"], ["A,9,100"], {"1": "missing_at_gateway", "a": "missing_internally"}),
    ("ids are compared folded", ["INV-1,100"], ["A, inv-1 ,100"], {"inv-1": "matched", "a": "matched"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "invoices", "payments", "expected"), BILLING, ids=[case[0] for case in BILLING])
def test_billing(home: Home, what: str, invoices: list[str], payments: list[str], expected: dict[str, str]):
    home.deliver(
        DAY,
        {
            INVOICES: [invoice(*of.split(",")) for of in invoices],
            TRANSACTIONS: [paid(*of.split(",")) for of in payments],
        },
    )
    assert states(home, "billing") == expected, what


def test_a_refund_of_a_double_charge_leaves_the_invoice_matched_and_nothing_is_a_duplicate(home: Home):
    home.deliver(
        DAY,
        {
            INVOICES: [invoice("1", "100")],
            TRANSACTIONS: [paid("A", "1", "100"), paid("B", "1", "100"), paid("R", "", "-100", "refund", "B")],
        },
    )
    assert states(home, "billing") == dict.fromkeys("1abr", "matched")


def test_a_chargeback_that_is_won_back_names_its_invoice_by_its_parents(home: Home):
    lost, won = paid("C", "", "-100", "chargeback", "A"), paid("W", "", "100", "chargeback_reversal", "C")
    home.deliver(DAY, {INVOICES: [invoice("1", "100")], TRANSACTIONS: [paid("A", "1", "100"), lost]})
    assert states(home, "billing") == dict.fromkeys("1ac", "reversed")
    home.deliver("2022-01-01", {TRANSACTIONS: [won]})
    assert states(home, "billing") == dict.fromkeys("1acw", "matched")


def test_a_refund_is_matched_by_its_credit_note(home: Home):
    home.deliver(
        DAY,
        {
            INVOICES: [invoice("1", "100"), invoice("N", "30", kind="credit_note")],
            TRANSACTIONS: [paid("A", "1", "100"), paid("R", "N", "-30", "refund")],
        },
    )
    assert states(home, "billing") == dict.fromkeys("1anr", "matched")
    assert item(home, "billing", "n")["amount_minor"] == -3000


@pytest.mark.parametrize(
    ("currency", "amount", "state"),
    [
        ("JPY", "99", "matched"),
        ("JPY", "98", "partly_matched"),
        ("KWD", "99.999", "matched"),
        ("KWD", "99.99", "partly_matched"),
    ],
)
def test_a_unit_is_the_smallest_of_its_currency(home: Home, currency: str, amount: str, state: str):
    home.deliver(
        DAY, {INVOICES: [invoice("1", "100", currency)], TRANSACTIONS: [paid("A", "1", amount, currency=currency)]}
    )
    assert item(home, "billing", "1")["state"] == state


def test_what_the_customer_paid_counts_in_billing_and_what_the_gateway_got_in_settlement(home: Home):
    abroad = "Stripe,A,payment,,1,10,1,9,EUR,100,SEK,2021-12-02T10:00Z,,P"
    home.deliver(
        DAY, {INVOICES: [invoice("1", "100")], TRANSACTIONS: [abroad], PAYOUTS: [payout("P", "9", currency="EUR")]}
    )
    assert states(home, "billing") == {"1": "matched", "a": "matched"}
    assert states(home, "settlement") == {"p": "matched", "a": "matched"}


def test_mixed_currencies_are_never_compared(home: Home):
    home.deliver(DAY, {INVOICES: [invoice("1", "100")], TRANSACTIONS: [paid("A", "1", "100", currency="EUR")]})
    assert (item(home, "billing", "1")["state"], item(home, "billing", "1")["difference_minor"]) == (
        "currency_differs",
        None,
    )


def test_what_is_alone_waits_three_days_and_then_is_missing_and_ages(home: Home):
    home.deliver("2021-12-04", {INVOICES: [invoice("1", "100")]})
    assert item(home, "billing", "1")["state"] == "timing"
    home.deliver("2021-12-05", {INVOICES: [invoice("2", "100", on="2021-12-20")]})
    late, ahead = item(home, "billing", "1"), item(home, "billing", "2")
    assert (late["state"], late["days_open"], late["age_bucket"]) == ("missing_at_gateway", 4, "0-30")
    assert ahead["state"] == "timing", "an invoice may be issued for a later day"
    home.deliver("2022-03-02", {})
    home.deliver("2022-03-02", {LINES: []})
    assert item(home, "billing", "1")["age_bucket"] == "90+"


def test_a_void_invoice_is_void_and_its_payment_is_missing_internally(home: Home):
    home.deliver(DAY, {INVOICES: [invoice("1", "100", status="void")], TRANSACTIONS: [paid("A", "1", "100")]})
    assert states(home, "billing") == {"1": "void", "a": "missing_internally"}


def test_a_corrected_payment_changes_its_group_and_no_other(home: Home):
    home.deliver(
        DAY,
        {
            INVOICES: [invoice("1", "100"), invoice("2", "50")],
            TRANSACTIONS: [paid("A", "1", "100"), paid("B", "2", "50")],
        },
    )
    before = {(row["level"], row["item_key"]): row for row in home.rows("items")}
    home.deliver(DAY, {TRANSACTIONS: [paid("A", "1", "90"), paid("B", "2", "50")]})
    after = {(row["level"], row["item_key"]): row for row in home.rows("items")}
    assert {key for key in after if after[key] != before[key]} == {
        ("billing", "1"),
        ("billing", "a"),
        ("settlement", "a"),
    }


def test_a_payout_is_the_net_of_its_transactions_to_the_unit(home: Home):
    fees = [
        paid("A", "", "100", payout="P", fee="3", net="97"),
        paid("F", "", "-2", "fee", payout="P"),
        paid("J", "", "1", "adjustment", payout="P"),
    ]
    home.deliver(DAY, {TRANSACTIONS: fees, PAYOUTS: [payout("P", "96")]})
    assert states(home, "settlement") == dict.fromkeys("afjp", "matched")
    home.deliver(DAY, {PAYOUTS: [payout("P", "96.01")]})
    assert (item(home, "settlement", "p")["state"], item(home, "settlement", "p")["difference_minor"]) == (
        "amount_differs",
        -1,
    )


def test_a_failed_payout_gives_its_transactions_back(home: Home):
    home.deliver(
        DAY,
        {
            TRANSACTIONS: [paid("A", "", "100", payout="P")],
            PAYOUTS: [payout("P", "100", "failed")],
            LINES: [line("L", "100", "P")],
        },
    )
    assert states(home, "settlement") == {"a": "missing_payout", "p": "failed"}
    assert states(home, "bank") == {"p": "failed", "l": "unexplained"}


BANK = [
    ("a word of the reference is the payout", ["P,100"], ["L,100,payout p thanks"], {"p": "matched", "l": "matched"}),
    ("two payouts in one line, by their ids", ["P,60", "Q,40"], ["L,100,P Q"], dict.fromkeys("pql", "matched")),
    ("one payout in two lines, by its id", ["P,100"], ["L,60,P", "M,40,P"], dict.fromkeys("plm", "matched")),
    ("a line that came twice is a duplicate", ["P,100"], ["L,100,P", "M,100,P"], {"p": "matched", "l": "matched", "m": "duplicate"}),
    ("a part is a part", ["P,100"], ["L,60,P"], {"p": "partly_matched", "l": "partly_matched"}),
    ("without reference the amount and the order of days decide", ["P,100"], ["L,100,"], {"p": "matched", "l": "matched"}),
    ("all payouts of a day in one line, without reference", ["P,60", "Q,40"], ["L,100,"], dict.fromkeys("pql", "matched")),
    ("no other sums are tried", ["P,60", "Q,40", "R,7"], ["L,100,"], {"p": "missing_at_bank", "q": "missing_at_bank", "r": "missing_at_bank", "l": "unexplained"}),
    ("of two equal lines for one payout the second is a duplicate", ["P,100"], ["L,100,", "M,100,"], {"p": "matched", "l": "matched", "m": "duplicate"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "payouts", "lines", "expected"), BANK, ids=[case[0] for case in BANK])
def test_bank(home: Home, what: str, payouts: list[str], lines: list[str], expected: dict[str, str]):
    home.deliver(
        DAY, {PAYOUTS: [payout(*of.split(",")) for of in payouts], LINES: [line(*of.split(",")) for of in lines]}
    )
    assert states(home, "bank") == expected, what


@pytest.mark.parametrize(
    ("on", "state"),
    [
        ("2021-12-08", "unexplained"),
        ("2021-12-09", "matched"),
        ("2021-12-15", "matched"),
        ("2021-12-16", "unexplained"),
    ],
)
def test_a_line_may_be_booked_from_a_day_before_to_five_after_the_arrival(home: Home, on: str, state: str):
    home.deliver(DAY, {PAYOUTS: [payout("P", "100")], LINES: [line("L", "100", on=on)]})
    assert states(home, "bank")["l"] == state


def test_a_line_of_somebody_else_is_out_of_scope(home: Home):
    home.deliver(DAY, {PAYOUTS: [payout("P", "100")], LINES: [line("L", "100", of="Landlord")]})
    rent = item(home, "bank", "l")
    assert (rent["state"], rent["gateway"], rent["days_open"]) == ("out_of_scope", None, None)


def test_a_group_is_named_by_its_smallest_member(home: Home):
    home.deliver(
        DAY,
        {
            INVOICES: [invoice("2", "60"), invoice("10", "40")],
            TRANSACTIONS: [paid("A", "2;10", "100", payout="P")],
            PAYOUTS: [payout("P", "100")],
            LINES: [line("L", "100", "P")],
        },
    )
    assert {row["match_id"] for row in home.rows("items") if row["level"] == "billing"} == {"invoice:10"}
    assert {row["match_id"] for row in home.rows("items") if row["level"] == "settlement"} == {"payout:stripe:p"}
    assert {row["match_id"] for row in home.rows("items") if row["level"] == "bank"} == {"bank_line:l"}


def test_balances_add_up_and_run_on_over_a_month_without_anything(home: Home):
    moved = [paid("A", "", "100", fee="3", net="97"), paid("R", "", "-10", "refund", "A"), paid("F", "", "-1", "fee")]
    home.deliver("2022-02-03", {TRANSACTIONS: moved, PAYOUTS: [payout("P", "80"), payout("Q", "5", "failed")]})
    december, january, february = sorted(home.rows("gateway_balances"), key=lambda row: row["month"])
    flows = ("opening", "payments", "refunds", "chargebacks", "fees", "adjustments", "payouts", "closing")
    assert [december[f"{name}_minor"] for name in flows] == [0, 10000, -1000, 0, -400, 0, -8000, 600]
    assert [(month["opening_minor"], month["closing_minor"]) for month in (january, february)] == [(600, 600)] * 2


@pytest.mark.parametrize(
    ("file", "record", "reason"),
    [
        (TRANSACTIONS, paid("A", "", "100", fee="3", net="98"), "amount - fee is not net"),
        (TRANSACTIONS, paid("A", "", "-100"), "its amount has the wrong sign for its type"),
        (TRANSACTIONS, paid("A", "", "100", "refund"), "its amount has the wrong sign for its type"),
        (TRANSACTIONS, paid("A", "", "100", "gift"), "`type` is gift: must be one of"),
        (TRANSACTIONS, paid("", "", "100"), "`transaction_id` is missing"),
        (INVOICES, invoice("1", "-1"), "must be greater than or equal to 0"),
        (INVOICES, invoice("1", "1", status="paid"), "`status` is paid: must be one of"),
        (INVOICES, invoice("1", "1", kind="bill"), "`kind` is bill: must be one of"),
        (INVOICES, invoice("1", "1.005"), "`amount_minor` is '1.005', not an amount of its currency"),
        (INVOICES, invoice("1", "1", on=""), "`issued_on` is missing"),
        (PAYOUTS, payout("P", "1", "lost"), "`status` is lost: must be one of"),
        (PAYOUTS, payout("P", "1", arrives=""), "`arrival_on` is missing"),
        (LINES, line("L", "1", on=""), "`booked_on` is missing"),
        (LINES, line("L", "1,000".replace(",", "'")), "not an amount of its currency"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(home: Home, file: str, record: str, reason: str):
    home.deliver(DAY, {file: [record]})
    [refused] = home.refused()
    assert any(reason in told for told in refused), refused
