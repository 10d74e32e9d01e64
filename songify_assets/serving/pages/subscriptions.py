"""Subscriptions: recurring revenue, what moved it, and which customers stay."""

from collections.abc import Mapping

from songify_assets.serving.pages import engagement, money
from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Facts, Filter, Lines, Page, Section, Table, Words
from songify_assets.serving.pages.published import Published, Row, chosen

LEAD = "Recurring revenue, what moved it, and who stays. Currencies are never added up."
EVENTS = "subscriptions.subscription_events"
COHORTS = 24


def page(published: Published, query: Mapping[str, str]) -> Page:
    """The page; the address says the month and the currency."""
    months = published.months("subscriptions.mrr")
    month = chosen(query.get("month"), months)
    if month is None:
        nothing = Words("No subscription events were loaded yet: deliver some, then type", "songify load")
        return Page("Subscriptions", LEAD, [Section("mrr", "Recurring revenue", [nothing])])
    rows = {row["currency"]: row for row in money.mrr(published, month)}
    currency = chosen(query.get("currency"), sorted(rows)) or ""
    row = rows[currency]
    filters = [
        Filter("month", "Month", [(one, one) for one in months], month),
        Filter("currency", "Currency", [(one, one) for one in sorted(rows)], currency),
    ]
    as_of = published.as_of("subscriptions.mrr", EVENTS)
    sections = [
        Section("mrr", f"Recurring revenue of {month}, {currency}", [_facts(row), money.waterfall(row)], as_of),
        Section("months", "Month by month", [_lines(published, currency), _months(published, currency)], as_of),
        Section("cohorts", "Which customers stay", [_cohorts(published, currency)], published.as_of("subscriptions.cohorts", EVENTS),
                "Customers by the month of their first event; who has recurring revenue so many months later."),
    ]  # fmt: skip
    return Page("Subscriptions", LEAD, sections, filters)


def _facts(row: Row) -> Facts:
    currency = row["currency"]
    return Facts(
        [
            ("Closing", f.money(row["closing_minor"], currency).text, f"{row['closing_customers']:,} customers"),
            ("Net retention", f.percent(row["nrr"]).text, "of the customers the month opened with"),
            ("Gross retention", f.percent(row["grr"]).text, "of each at most what they opened with"),
            (
                "Customers lost",
                f.percent(row["logo_churn_rate"]).text,
                f"{row['lost_customers']:,} of {row['opening_customers']:,}",
            ),
            ("Revenue lost", f.percent(row["revenue_churn_rate"]).text, ""),
            ("A customer", _rounded(row["arpa_minor"], currency), "closing revenue a customer"),
            (
                "Paid",
                f.money(row["payments_minor"], currency).text,
                f"refunded {f.money(row['refunds_minor'], currency).text}",
            ),
        ]
    )


def _rounded(minor: float | None, currency: str) -> str:
    return f.money(None if minor is None else round(minor), currency).text


def _of(published: Published, currency: str) -> list[Row]:
    return published.ask("FROM subscriptions.mrr WHERE currency = ? ORDER BY month", currency)


def _months(published: Published, currency: str) -> Table:
    return Table(
        f"Movements by month, {currency}",
        ["month", "opening", *(name for name, _ in money.MOVES), "closing", "customers", "net retention", "complete"],
        [
            [f.link(f.month(r["month"]), f.address(["subscriptions"], month=f.month(r["month"]), currency=currency)), f.amount(r["opening_minor"], currency),
             *(f.amount(sign * r[f"{name}_minor"], currency) for name, sign in money.MOVES), f.amount(r["closing_minor"], currency),
             f.count(r["closing_customers"]), f.percent(r["nrr"]), engagement.yes(r)]
            for r in reversed(_of(published, currency))
        ],
    )  # fmt: skip


def _lines(published: Published, currency: str) -> Lines:
    rows = _of(published, currency)
    places = f.places(currency)
    caption = f"Closing recurring revenue and cash of each month, {currency}"
    behind = Table(
        caption, ["month", "closing", "payments less refunds"],
        [[f.month_cell(r["month"]), f.amount(r["closing_minor"], currency), f.amount(r["payments_minor"] - r["refunds_minor"], currency)] for r in rows],
    )  # fmt: skip
    series = [
        ("closing", [row["closing_minor"] / 10**places for row in rows]),
        ("payments less refunds", [(row["payments_minor"] - row["refunds_minor"]) / 10**places for row in rows]),
    ]
    return Lines(caption, [row["month"] for row in rows], series, behind)


def _cohorts(published: Published, currency: str) -> Table:
    rows = published.ask(
        """SELECT cohort, period, cohort_size, retention, is_complete FROM subscriptions.cohorts WHERE currency = ?
           AND cohort IN (SELECT DISTINCT cohort FROM subscriptions.cohorts WHERE currency = ? ORDER BY cohort DESC LIMIT ?)
           ORDER BY cohort, period""",
        currency, currency, COHORTS,
    )  # fmt: skip
    return engagement.cohorts(
        rows,
        f"Customers with recurring revenue, {currency} (… not complete)",
        "customers",
        "month",
        "No customers yet.",
    )
