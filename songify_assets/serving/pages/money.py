"""Recurring revenue, and a look at all money of a month."""

from collections.abc import Sequence

from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Facts, Links, Part, Table, Words
from songify_assets.serving.pages.published import Published, Row

MOVES = (("new", 1), ("expansion", 1), ("reactivation", 1), ("contraction", -1), ("churn", -1))
UNSETTLED = ("matched", "timing", "void", "failed", "out_of_scope")


def mrr(published: Published, month: str) -> list[Row]:
    """Recurring revenue of a month, by currency."""
    return published.ask("SELECT * FROM subscriptions.mrr WHERE strftime(month, '%Y-%m') = ? ORDER BY currency", month)


def at_a_glance(published: Published, month: str) -> Sequence[Part]:
    """Recurring revenue of the month, payments that do not agree, and what the channels brought."""
    rows = mrr(published, month)
    revenue = [
        (f"Recurring revenue, {r['currency']}", f.money(r["closing_minor"], r["currency"]).text, _customers(r))
        for r in rows
    ]
    parts: list[Part] = [Facts(revenue)] if revenue else [Words(f"No revenue of {month} is known.")]
    if published.has("payments.items"):
        parts.append(_payments(published, month))
    links = [
        ("Subscriptions", f.address(["subscriptions"], month=month)),
        ("Payments", "/payments"),
        ("Marketing", "/marketing"),
    ]
    return [*parts, Links(links)]


def _payments(published: Published, month: str) -> Words:
    [row] = published.ask(
        """SELECT count(*) AS items, count(*) FILTER (NOT list_contains(?, state)) AS wrong
           FROM payments.items WHERE strftime(item_date, '%Y-%m') = ?""",
        list(UNSETTLED), month,
    )  # fmt: skip
    if not row["items"]:
        return Words(f"No invoices, transactions, payouts or bank lines of {month} were loaded.")
    return Words(
        f"{row['wrong']:,} of {row['items']:,} invoices, transactions, payouts and bank lines of {month} do not agree with their counterpart."
    )


def _customers(row: Row) -> str:
    change = row["closing_minor"] - row["opening_minor"]
    moved = f.money(change, row["currency"]).text
    return f"{row['closing_customers']:,} customers; {'+' if change > 0 else ''}{moved} in the month"


def waterfall(row: Row) -> Table:
    """What moved recurring revenue in a month, with floating bars: opening, each movement, closing."""
    currency, at = row["currency"], row["opening_minor"]
    most = max(
        row["opening_minor"] + sum(row[f"{name}_minor"] for name, sign in MOVES if sign > 0), row["closing_minor"], 1
    )
    cells = [[Cell("opening"), f.barred(f.amount(at, currency), at / most)]]
    for name, sign in MOVES:
        amount = sign * row[f"{name}_minor"]
        cells.append([Cell(name), f.barred(f.amount(amount, currency), amount / most, at / most)])
        at += amount
    cells.append([Cell("closing"), f.barred(f.amount(row["closing_minor"], currency), row["closing_minor"] / most)])
    return Table(
        f"What moved recurring revenue in {f.month(row['month'])}, {currency}", ["movement", "amount a month"], cells
    )
