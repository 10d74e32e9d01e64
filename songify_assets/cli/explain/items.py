"""Why an invoice, a transaction, a payout or a bank line has its state: its group, both sides, the rule and the difference."""

from collections.abc import Iterator
from typing import Any

import duckdb

from songify_assets.cli.explain.files import Files
from songify_assets.cli.explain.section import Section, asked

FEEDS = {
    "invoice": "invoices",
    "transaction": "gateway_transactions",
    "payout": "gateway_payouts",
    "bank_line": "bank_lines",
}
TIED_BY = {
    "billing": "the invoices that the transactions name (or, without any, those of their parent); a unit a transaction is rounding",
    "settlement": "the payout that the transactions are in; to the unit",
    "bank": "a payout's id as a word of the line's reference; else gateway, currency and amount in order of days (from a day before to 5 "
    "days after the arrival); else all payouts of one arrival day in one line",
}
RULES = {
    "matched": "the sides agree",
    "amount_differs": "the sides are of one currency and do not agree",
    "currency_differs": "the sides are of several currencies, which are never compared",
    "partly_matched": "the other side is there, but is less",
    "reversed": "what was paid was given back, and no credit note answers it",
    "duplicate": "it repeats an earlier one, and explains what is too much",
    "timing": "its counterpart may still come",
    "missing_at_gateway": "no transaction names the invoice, more than 3 days after it was due",
    "missing_internally": "it names no open invoice, more than 3 days after it was made",
    "missing_payout": "it is in no payout, more than 3 days after it was available; a failed payout gives its own back",
    "missing_transactions": "no transaction is in the payout, more than 3 days after it was made",
    "missing_at_bank": "no line is of the payout, more than 5 days after it should arrive",
    "unexplained": "no payout is of the line, more than 3 days after it was booked",
    "out_of_scope": "the counterparty is no gateway with payouts",
    "void": "the invoice is void",
    "failed": "the payout failed",
}
FOUND = """
    SELECT DISTINCT level, match_id, CASE WHEN match_id IS NULL THEN side END AS side, CASE WHEN match_id IS NULL THEN gateway END AS gateway,
           CASE WHEN match_id IS NULL THEN item_key END AS item_key
    FROM payments.items
    WHERE item_key = $1 OR match_id = $1 OR concat_ws(':', side, gateway, item_key) = $1
    ORDER BY ALL
"""
GROUP = """
    WITH facts AS (
        SELECT 'invoice' AS side, NULL AS gateway, invoice_key AS item_key, delivered_on FROM payments.invoices
        UNION ALL SELECT 'transaction', gateway, transaction_key, delivered_on FROM payments.gateway_transactions
        UNION ALL SELECT 'payout', gateway, payout_key, delivered_on FROM payments.gateway_payouts
        UNION ALL SELECT 'bank_line', NULL, line_key, delivered_on FROM payments.bank_lines
    )
    SELECT items.side, items.gateway, items.item_key, item_date, currency, amount_minor, state, difference_minor, days_open, delivered_on
    FROM payments.items AS items
    LEFT JOIN facts ON facts.side = items.side AND facts.item_key = items.item_key
                   AND (facts.gateway IS NULL OR facts.gateway = items.gateway)
    WHERE level = ? AND (match_id = ? OR (match_id IS NULL AND items.side = ? AND items.gateway IS NOT DISTINCT FROM ? AND items.item_key = ?))
    ORDER BY ALL
"""
SHOWN = ("side", "gateway", "item_key", "item_date", "currency", "amount_minor", "state", "days_open")


def explain_items(connection: duckdb.DuckDBPyConnection, files: Files, key: str) -> Iterator[Section]:
    """A section for each level and group that an item, or the group itself, is called so in."""
    for of in asked(connection, FOUND, key)[1]:
        _, rows = asked(connection, GROUP, of["level"], of["match_id"], of["side"], of["gateway"], of["item_key"])
        states = sorted({row["state"] for row in rows})
        name = of["match_id"] or f"{of['side']} {of['item_key']}, alone"
        lines = [f"tied by: {TIED_BY[of['level']]}", *(f"{state}: {RULES[state]}" for state in states)]
        if rows[0]["difference_minor"] is not None:
            lines.append(f"difference: {rows[0]['difference_minor']} minor units (theirs - ours, duplicates included)")
        shown = [(*(row[column] for column in SHOWN), _file(files, row)) for row in rows]
        yield Section(f"{of['level']}: {name}", lines, (*SHOWN, "file"), shown)


def _file(files: Files, row: dict[str, Any]) -> str:
    return files.of(FEEDS[row["side"]], row["delivered_on"])
