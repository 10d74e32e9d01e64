"""Reconciling payments in SQL, by DuckDB: JOB SOURCE OUT.

Rows have numbers instead of hashes of their keys. What hangs together is found by labels that spread over the few references which
tie several together; what is decided one after the other, for all groups at once, by recursion over places in a group.
"""

import sys
from pathlib import Path

import duckdb

from bench.peers.money_duckdb import WRITTEN

AS_OF = "DATE '2022-12-31'"
SOURCES = {
    "invoices": """SELECT file_row_number AS id, invoice_key, status, issued_on, coalesce(due_on, issued_on) AS due, currency,
            CASE WHEN kind = 'credit_note' THEN -amount_minor ELSE amount_minor END AS amount, 'invoice:' || invoice_key AS name,
            NULL::VARCHAR AS gateway
        FROM read_parquet('{0}/invoices.parquet', file_row_number = true)""",
    "transactions": """SELECT file_row_number AS id, * EXCLUDE (file_row_number)
        FROM read_parquet('{0}/gateway_transactions.parquet', file_row_number = true)""",
    "payouts": """SELECT file_row_number AS id, gateway, payout_key, status, created_date, arrival_on, currency, amount_minor AS amount,
            NULL::VARCHAR AS name
        FROM read_parquet('{0}/gateway_payouts.parquet', file_row_number = true)""",
    "lines": """SELECT file_row_number AS id, line_key, booked_on, currency, amount_minor AS amount, counterparty, reference,
            'bank_line:' || line_key AS name, known.gateway, booked_on AS happened, line_key AS key, '' AS and_key,
            reference IS NOT NULL AS may_repeat
        FROM read_parquet('{0}/bank_lines.parquet', file_row_number = true)
        LEFT JOIN (SELECT DISTINCT gateway FROM payouts) AS known ON known.gateway = lower(trim(counterparty))""",
}
# The references of those without any are those of the first before them (their parent, its parent and so on) that has some.
INHERITED = """WITH RECURSIVE
    lacking AS (SELECT id, gateway, transaction_key, parent_key FROM transactions WHERE len(invoice_refs) = 0 AND parent_key IS NOT NULL),
    above AS (
        SELECT id, gateway, parent_key FROM lacking
        UNION SELECT above.id, lacking.gateway, lacking.parent_key
        FROM above JOIN lacking ON lacking.gateway = above.gateway AND lacking.transaction_key = above.parent_key)
    SELECT above.id, parent.invoice_refs AS passed_on FROM above JOIN transactions AS parent
    ON parent.gateway = above.gateway AND parent.transaction_key = above.parent_key AND len(parent.invoice_refs) > 0"""
PAID = """SELECT id, gateway, transaction_key AS key, gateway AS and_key, created_date, created_at AS happened, NULL::VARCHAR AS name,
        CASE WHEN len(invoice_refs) > 0 THEN invoice_refs ELSE passed_on END AS refs, coalesce(customer_amount_minor, amount_minor) AS amount,
        CASE WHEN customer_amount_minor IS NULL THEN currency ELSE customer_currency END AS currency,
        type = 'payment' AND refs IS NOT NULL AS may_repeat
    FROM transactions LEFT JOIN inherited USING (id)
    WHERE type IN ('payment', 'refund', 'chargeback', 'chargeback_reversal')"""
NAMED_INVOICES = """SELECT invoices.id AS ours, named.id AS theirs FROM (SELECT id, unnest(refs) AS invoice_key FROM paid) AS named
    JOIN invoices USING (invoice_key) WHERE status <> 'void'"""
NAMED_PAYOUTS = r"""SELECT DISTINCT payouts.id AS ours, named.id AS theirs FROM (
        SELECT id, gateway, unnest(regexp_extract_all(lower(trim(reference)), '[\p{L}\p{N}_-]+')) AS payout_key
        FROM lines WHERE gateway IS NOT NULL) AS named
    JOIN payouts USING (gateway, payout_key) WHERE status <> 'failed'"""
# {0} are ours, {1} theirs, {2} is the tolerance for each of theirs, and {3} what repeats are equal in; links are in the table {1}_links.
GROUPS = {
    "{1}_firsts": "SELECT theirs AS id, min(ours) AS first, count(*) > 1 AS several FROM {1}_links GROUP BY ALL",
    "{1}_edges": """WITH joint AS (SELECT first, ours FROM {1}_links JOIN {1}_firsts ON id = theirs WHERE several AND ours <> first)
        SELECT first AS source, ours AS target FROM joint UNION SELECT ours, first FROM joint""",
    "{1}_labels": """WITH RECURSIVE labels(node, label) USING KEY (node) AS (
            SELECT source, min(least(source, target)) FROM {1}_edges GROUP BY ALL
            UNION SELECT target, min(came.label) FROM labels AS came JOIN {1}_edges ON source = came.node
            JOIN recurring.labels AS known ON known.node = target WHERE came.label < known.label GROUP BY ALL)
        FROM labels""",
    "{1}_of": "SELECT id, coalesce(label, first) AS grp FROM {1}_firsts LEFT JOIN {1}_labels ON node = first",
    "{0}_of": """SELECT id, coalesce(label, id) AS grp FROM (SELECT DISTINCT ours AS id FROM {1}_links) LEFT JOIN {1}_labels ON node = id""",
    "{1}_sums": """WITH both_sides AS (
            SELECT grp, amount AS mine, 0 AS other, 0 AS many, currency, name FROM {0} JOIN {0}_of USING (id)
            UNION ALL SELECT grp, 0, amount, 1, currency, name FROM {1} JOIN {1}_of USING (id)),
        sums AS (
            SELECT grp, sum(mine)::BIGINT AS mine, sum(other)::BIGINT AS other, sum(many)::BIGINT * {2} AS within, min(name) AS match_id,
                   min(currency) = max(currency) AS one_currency, CASE WHEN sum(mine) < 0 THEN -1 ELSE 1 END AS turn
            FROM both_sides GROUP BY ALL)
        SELECT grp, match_id, within, one_currency, turn, turn * other AS theirs, turn * (other - mine) AS excess,
               CASE WHEN one_currency THEN other - mine END AS difference_minor
        FROM sums""",
    "{1}_again": """WITH may AS (
            SELECT {1}.id, grp, happened, key, and_key, turn * amount AS turned, excess, within,
                   row_number() OVER (PARTITION BY grp, amount, {3} ORDER BY happened, key, and_key) > 1 AS again
            FROM (FROM {1}_sums WHERE one_currency AND excess > within) JOIN {1}_of USING (grp) JOIN {1} USING (id) WHERE may_repeat)
        SELECT id, grp, turned, excess, within, row_number() OVER (PARTITION BY grp ORDER BY happened DESC, key DESC, and_key DESC) AS place
        FROM may WHERE again""",
    "{1}_leaving": """WITH RECURSIVE steps AS (
            SELECT id, grp, place, turned, within, turned <= excess + within AS goes, CASE WHEN goes THEN excess - turned ELSE excess END AS rest
            FROM {1}_again WHERE place = 1
            UNION ALL SELECT next.id, grp, next.place, next.turned, steps.within, steps.within < rest AND next.turned <= rest + steps.within AS leaves,
                   CASE WHEN leaves THEN rest - next.turned ELSE rest END
            FROM steps JOIN {1}_again AS next USING (grp) WHERE next.place = steps.place + 1)
        SELECT id, grp, turned FROM steps WHERE goes""",
    "{1}_states": """SELECT grp, match_id, difference_minor, excess - coalesce(gone, 0) AS rest, CASE WHEN NOT one_currency THEN 'currency_differs'
                    WHEN abs(rest) <= within THEN 'matched' WHEN rest > within THEN 'amount_differs'
                    WHEN theirs > 0 THEN 'partly_matched' ELSE 'reversed' END AS state
        FROM {1}_sums LEFT JOIN (SELECT grp, sum(turned)::BIGINT AS gone FROM {1}_leaving GROUP BY ALL) USING (grp)""",
    "{0}_judged": "SELECT id, state, match_id, difference_minor FROM {0}_of JOIN {1}_states USING (grp)",
    "{1}_judged": """SELECT id, CASE WHEN gone.id IS NULL THEN state ELSE 'duplicate' END AS state, match_id, difference_minor
        FROM {1}_of JOIN {1}_states USING (grp) LEFT JOIN {1}_leaving AS gone USING (id)""",
}  # fmt: skip
SETTLED = """SELECT gateway, payout_key, 'payout:' || gateway || ':' || payout_key AS match_id,
        CASE WHEN own = low AND own = high THEN net - amount END AS difference_minor,
        CASE WHEN difference_minor IS NULL THEN 'currency_differs' WHEN difference_minor = 0 THEN 'matched' ELSE 'amount_differs' END AS state
    FROM (SELECT gateway, payout_key, currency AS own, amount FROM payouts WHERE status <> 'failed') JOIN (
        SELECT gateway, payout_key, sum(net_minor)::BIGINT AS net, min(currency) AS low, max(currency) AS high
        FROM transactions WHERE payout_key IS NOT NULL GROUP BY ALL) USING (gateway, payout_key)"""
# What no reference ties, in order: one to one of an amount, then lines that are the sum of all payouts left of a day.
IN_ORDER = {
    "payouts_left": """SELECT id, gateway, currency, amount, arrival_on AS day, payout_key,
            row_number() OVER (PARTITION BY gateway, currency, amount ORDER BY arrival_on, payout_key) AS place
        FROM payouts ANTI JOIN payouts_judged USING (id) WHERE status <> 'failed'""",
    "lines_left": """SELECT id, gateway, currency, amount, booked_on AS day, line_key, name,
            row_number() OVER (PARTITION BY gateway, currency, amount ORDER BY booked_on, line_key) AS place
        FROM lines ANTI JOIN lines_judged USING (id) WHERE gateway IS NOT NULL""",
    "pairs": """WITH RECURSIVE steps AS (
            SELECT DISTINCT gateway, currency, amount, 1::BIGINT AS mine, 1::BIGINT AS other, NULL::BIGINT AS payout, NULL::BIGINT AS line
            FROM payouts_left SEMI JOIN lines_left USING (gateway, currency, amount)
            UNION ALL SELECT gateway, currency, amount, mine + (line.day >= due.day - 1)::BIGINT, other + (line.day <= due.day + 5)::BIGINT,
                   CASE WHEN line.day BETWEEN due.day - 1 AND due.day + 5 THEN due.id END, line.id
            FROM steps JOIN payouts_left AS due USING (gateway, currency, amount) JOIN lines_left AS line USING (gateway, currency, amount)
            WHERE due.place = mine AND line.place = other)
        SELECT payout, line FROM steps WHERE payout IS NOT NULL""",
    "may_sum": """WITH of_day AS (
            SELECT gateway, currency, day, sum(amount)::BIGINT AS amount FROM payouts_left ANTI JOIN pairs ON payout = id GROUP BY ALL HAVING count(*) > 1),
        fitting AS (
            SELECT line.id, gateway, currency, amount, line.day, line_key, list(of_day.day ORDER BY of_day.day) AS days
            FROM (FROM lines_left ANTI JOIN pairs ON pairs.line = id) AS line JOIN of_day USING (gateway, currency, amount)
            WHERE line.day BETWEEN of_day.day - 1 AND of_day.day + 5 GROUP BY ALL)
        SELECT *, row_number() OVER (PARTITION BY gateway, currency, amount ORDER BY day, line_key) AS place FROM fitting""",
    "sums_of_days": """WITH RECURSIVE steps AS (
            SELECT id AS line, gateway, currency, amount, place, days[1] AS taken, [days[1]] AS gone FROM may_sum WHERE place = 1
            UNION ALL SELECT next.id, gateway, currency, amount, next.place, list_filter(next.days, lambda day: NOT list_contains(gone, day))[1] AS takes,
                   list_append(gone, takes)
            FROM steps JOIN may_sum AS next USING (gateway, currency, amount) WHERE next.place = steps.place + 1)
        SELECT left_over.id AS payout, line FROM steps JOIN (FROM payouts_left ANTI JOIN pairs ON payout = id) AS left_over
        ON left_over.gateway = steps.gateway AND left_over.currency = steps.currency AND day = taken""",
    "met": "SELECT payout, line, name FROM (FROM pairs UNION ALL FROM sums_of_days) JOIN lines ON id = line",
    "payouts_banked": "FROM payouts_judged UNION ALL SELECT payout, 'matched', name, 0 FROM met",
    "lines_banked": "FROM lines_judged UNION ALL SELECT DISTINCT line, 'matched', name, 0 FROM met",
    "lines_told": """SELECT lines.*, state, match_id, difference_minor, min(line_key) OVER same < line_key
                OR coalesce(bool_or(state = 'matched') OVER same, false) AS is_repeated
        FROM lines LEFT JOIN lines_banked USING (id) WINDOW same AS (PARTITION BY booked_on, amount, currency, counterparty, reference)""",
}  # fmt: skip
ITEMS = f"""WITH items AS (
    SELECT 'billing' AS level, 'invoice' AS side, gateway, invoice_key AS item_key, issued_on AS item_date, currency, amount AS amount_minor,
           coalesce(state, CASE WHEN status = 'void' THEN 'void' WHEN {AS_OF} <= due + 3 THEN 'timing' ELSE 'missing_at_gateway' END) AS state,
           match_id, difference_minor
    FROM invoices LEFT JOIN invoices_judged USING (id)
    UNION ALL SELECT 'billing', 'transaction', gateway, key, created_date, currency, amount,
           coalesce(state, CASE WHEN {AS_OF} <= created_date + 3 THEN 'timing' ELSE 'missing_internally' END), match_id, difference_minor
    FROM paid LEFT JOIN paid_judged USING (id)
    UNION ALL SELECT 'settlement', 'payout', gateway, payout_key, arrival_on, currency, amount,
           coalesce(state, CASE WHEN status = 'failed' THEN 'failed' WHEN {AS_OF} <= created_date + 3 THEN 'timing' ELSE 'missing_transactions' END),
           match_id, difference_minor
    FROM payouts LEFT JOIN settled USING (gateway, payout_key)
    UNION ALL SELECT 'settlement', 'transaction', gateway, transaction_key, created_date, currency, net_minor,
           coalesce(state, CASE WHEN {AS_OF} <= coalesce(available_on, created_date) + 3 THEN 'timing' ELSE 'missing_payout' END),
           match_id, difference_minor
    FROM transactions LEFT JOIN settled USING (gateway, payout_key)
    UNION ALL SELECT 'bank', 'payout', gateway, payout_key, arrival_on, currency, amount,
           coalesce(state, CASE WHEN status = 'failed' THEN 'failed' WHEN {AS_OF} <= arrival_on + 5 THEN 'timing' ELSE 'missing_at_bank' END),
           match_id, difference_minor
    FROM payouts LEFT JOIN payouts_banked USING (id)
    UNION ALL SELECT 'bank', 'bank_line', gateway, line_key, booked_on, currency, amount,
           coalesce(state, CASE WHEN gateway IS NULL THEN 'out_of_scope' WHEN is_repeated THEN 'duplicate'
                    WHEN {AS_OF} <= booked_on + 3 THEN 'timing' ELSE 'unexplained' END), match_id, difference_minor
    FROM lines_told)
    SELECT *, CASE WHEN state NOT IN ('matched', 'void', 'failed', 'out_of_scope') THEN {AS_OF} - item_date END AS days_open,
           CASE WHEN days_open <= 30 THEN '0-30' WHEN days_open <= 60 THEN '31-60' WHEN days_open <= 90 THEN '61-90'
                WHEN days_open IS NOT NULL THEN '90+' END AS age_bucket
    FROM items"""
MONTHS = """SELECT level, side, currency, state, date_trunc('month', item_date)::DATE AS month, sum(amount_minor)::BIGINT AS amount_minor, count(*) AS items
    FROM '{0}/items.parquet' GROUP BY ALL"""
BALANCES = f"""WITH moves AS (
        SELECT gateway, currency, date_trunc('month', created_date)::DATE AS month, coalesce(sum(amount_minor) FILTER (type = 'payment'), 0)::BIGINT AS payments_minor,
               coalesce(sum(amount_minor) FILTER (type = 'refund'), 0)::BIGINT AS refunds_minor,
               coalesce(sum(amount_minor) FILTER (type IN ('chargeback', 'chargeback_reversal')), 0)::BIGINT AS chargebacks_minor,
               (coalesce(sum(amount_minor) FILTER (type = 'fee'), 0) - sum(fee_minor))::BIGINT AS fees_minor,
               coalesce(sum(amount_minor) FILTER (type = 'adjustment'), 0)::BIGINT AS adjustments_minor, 0::BIGINT AS payouts_minor
        FROM transactions GROUP BY ALL
        UNION ALL SELECT gateway, currency, date_trunc('month', created_date)::DATE AS month, 0, 0, 0, 0, 0,
               -coalesce(sum(amount) FILTER (status <> 'failed'), 0)::BIGINT FROM payouts GROUP BY ALL),
    firsts AS (SELECT gateway, min(month) AS first FROM moves GROUP BY ALL),
    months AS (
        SELECT gateway, currency, unnest(generate_series(first, {AS_OF}, INTERVAL 1 MONTH))::DATE AS month
        FROM (SELECT DISTINCT gateway, currency FROM moves) JOIN firsts USING (gateway)),
    flows AS (
        SELECT gateway, currency, month, coalesce(sum(COLUMNS('.*_minor')), 0)::BIGINT AS "\\0"
        FROM months LEFT JOIN moves USING (gateway, currency, month) GROUP BY ALL),
    nets AS (SELECT *, payments_minor + refunds_minor + chargebacks_minor + fees_minor + adjustments_minor + payouts_minor AS net FROM flows)
    SELECT * EXCLUDE (net), sum(net) OVER (PARTITION BY gateway, currency ORDER BY month)::BIGINT AS closing_minor, closing_minor - net AS opening_minor
    FROM nets"""


def steps() -> dict[str, str]:
    """The tables on the way to the items, in order."""
    billing, bank = (
        {name.format(*sides): query.format(*sides) for name, query in GROUPS.items()}
        for sides in (("invoices", "paid", 1, "gateway, refs"), ("payouts", "lines", 0, "booked_on, reference"))
    )
    named = {"inherited": INHERITED, "paid": PAID, "paid_links": NAMED_INVOICES, "lines_links": NAMED_PAYOUTS}
    return {**named, **billing, **bank, "settled": SETTLED, **IN_ORDER}


def main(source: Path, out: Path) -> None:
    """Writes a file `<table>.parquet` for each table."""
    db = duckdb.connect(
        str(out / "work.duckdb"), config={"threads": 2, "memory_limit": "12GB", "preserve_insertion_order": False}
    )
    for name, query in SOURCES.items():
        db.execute(f"CREATE VIEW {name} AS {query.format(source)}")
    for name, query in steps().items():
        db.execute(f"CREATE TABLE {name} AS {query}")
    for name, query in {"items": ITEMS, "reconciliation": MONTHS.format(out), "gateway_balances": BALANCES}.items():
        db.execute(f"COPY ({query}) TO '{out}/{name}.parquet' {WRITTEN}")
    db.close()
    (out / "work.duckdb").unlink()


if __name__ == "__main__":
    main(*map(Path, sys.argv[2:]))
