"""Payments: what was paid and what was not, at each level, what is open, and what lies at the gateways."""

from collections.abc import Mapping

from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Filter, Page, Section, Table, Words
from songify_assets.serving.pages.money import UNSETTLED
from songify_assets.serving.pages.published import Published, chosen

LEAD = "Whether each invoice, transaction, payout and bank line has its counterpart, as of the newest delivery."
ALL, MOST = "", 200
MOVES = ("opening", "payments", "refunds", "chargebacks", "fees", "adjustments", "payouts", "closing")


def page(published: Published, query: Mapping[str, str]) -> Page:
    """The page; the address says the month, and the level of the open items."""
    months = published.months("payments.reconciliation")
    asked = query.get("month")
    month = asked if asked in months else chosen(None, published.begun("payments", months))
    if month is None or not published.has("payments.items", "payments.gateway_balances"):
        nothing = Words(
            "No invoices, transactions or bank lines were loaded yet: deliver some, then type", "songify load"
        )
        return Page("Payments", LEAD, [Section("reconciliation", "Paid and not paid", [nothing])])
    levels = [row["level"] for row in published.ask("SELECT DISTINCT level FROM payments.items ORDER BY 1")]
    level = query.get("level") if query.get("level") in levels else None
    filters = [
        Filter("month", "Month", [(one, one) for one in months], month),
        Filter("level", "Open items of", [(ALL, "all levels"), *((one, one) for one in levels)], level or ALL),
    ]
    as_of, items = (
        published.as_of(f"payments.{name}", "payments.gateway_transactions") for name in ("reconciliation", "items")
    )
    sections = [
        Section("reconciliation", f"Paid and not paid, {month}", [_states(published, month)], as_of),
        Section("open", "What does not agree", [_open(published, month, level)], items, "To see the rows, rules and files behind one, type songify explain ITEM."),
        Section("balances", "At the gateways", [_balances(published)], published.as_of("payments.gateway_balances", "payments.gateway_transactions")),
    ]  # fmt: skip
    return Page("Payments", LEAD, sections, filters)


def _states(published: Published, month: str) -> Table:
    rows = published.ask(
        """SELECT level, side, currency, state, items, amount_minor, items / sum(items) OVER (PARTITION BY level, side, currency) AS share
           FROM payments.reconciliation WHERE strftime(month, '%Y-%m') = ? ORDER BY level, side, currency, items DESC, state""",
        month,
    )  # fmt: skip
    return Table(
        f"Items of {month} by state",
        ["level", "side", "currency", "state", "items", "share", "amount"],
        [
            [Cell(r["level"]), Cell(r["side"].replace("_", " ")), Cell(r["currency"]), Cell(r["state"].replace("_", " "), tone=_tone(r["state"])),
             f.count(r["items"]), f.barred(f.percent(r["share"]), r["share"]), f.money(r["amount_minor"], r["currency"])]
            for r in rows
        ],
        row_headings=4,
    )  # fmt: skip


def _tone(state: str) -> str:
    return "" if state in UNSETTLED else "warn"


def _open(published: Published, month: str, level: str | None) -> Table:
    rows = published.ask(
        """SELECT *, count(*) OVER () AS many FROM payments.items
           WHERE NOT list_contains(?, state) AND strftime(item_date, '%Y-%m') = ? AND level = coalesce(?, level)
           ORDER BY abs(difference_minor) DESC NULLS LAST, item_date, level, item_key LIMIT ?""",
        list(UNSETTLED), month, level, MOST,
    )  # fmt: skip
    many = rows[0]["many"] if rows else 0
    return Table(
        f"{many:,} items do not agree" + (f"; the {MOST} with the largest differences" if many > MOST else ""),
        ["item", "level", "side", "date", "state", "amount", "difference", "days open"],
        [
            [Cell(r["item_key"], is_code=True), Cell(r["level"]), Cell(r["side"].replace("_", " ")), f.day(r["item_date"]), Cell(r["state"].replace("_", " ")),
             f.money(r["amount_minor"], r["currency"]), f.money(r["difference_minor"], r["currency"]), f.count(r["days_open"])]
            for r in rows
        ],
        f"Everything of {month} agrees.",
    )  # fmt: skip


def _balances(published: Published) -> Table:
    rows = published.ask("FROM payments.gateway_balances ORDER BY month DESC, gateway, currency")
    return Table(
        "What should lie at each gateway, month by month",
        ["month", "gateway", "currency", *MOVES],
        [[f.month_cell(r["month"]), Cell(r["gateway"]), Cell(r["currency"]), *(f.amount(r[f"{move}_minor"], r["currency"]) for move in MOVES)] for r in rows],
        "No transactions are known.",
        row_headings=3,
    )  # fmt: skip
