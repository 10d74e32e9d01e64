"""Why a customer's recurring revenue moved: the movements, the states and the events behind them."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import duckdb

from songify_assets.cli.explain.files import Files
from songify_assets.cli.explain.section import Section, asked

CUSTOMERS = """
    SELECT DISTINCT customer_key FROM subscriptions.periods WHERE customer_key = $1 OR subscription_key = $1
    UNION SELECT DISTINCT customer_key FROM subscriptions.subscription_events WHERE customer_key = $1 OR subscription_key = $1
    ORDER BY 1
"""
MOVEMENTS = """
    SELECT date, currency, movement, before_minor, after_minor, amount_minor
    FROM subscriptions.mrr_movements WHERE customer_key = ? ORDER BY ALL
"""
PERIODS = """
    SELECT subscription_key, valid_from, valid_to, status, plan_key, quantity, currency, mrr_minor
    FROM subscriptions.periods WHERE customer_key = ? ORDER BY ALL
"""
EVENTS = """
    SELECT coalesce(effective_at, occurred_at) AS acts_at, event_key, subscription_key, type, plan_key, quantity, amount_minor, currency,
           plan_interval, list_price_minor, delivered_on
    FROM subscriptions.subscription_events
    WHERE subscription_key IN (SELECT subscription_key FROM subscriptions.periods WHERE customer_key = $1) OR customer_key = $1
    ORDER BY acts_at, event_key
"""
RULE = "monthly: amount x 365, 52, 12 or 1 a year / (12 x intervals), half up, while active; a day counts as it ends"


def explain_movements(
    connection: duckdb.DuckDBPyConnection, files: Files, key: str, zone: ZoneInfo
) -> Iterator[Section]:
    """Sections for the customer, or for those of the subscription, that is called so."""
    for (customer,) in connection.execute(CUSTOMERS, [key]).fetchall():
        columns, rows = asked(connection, MOVEMENTS, customer)
        yield Section(f"movements of customer {customer}", [RULE], columns, [tuple(row.values()) for row in rows])
        columns, rows = asked(connection, PERIODS, customer)
        yield Section("the states behind them", (), columns, [tuple(row.values()) for row in rows])
        _, events = asked(connection, EVENTS, customer)
        told = [
            (
                event["acts_at"].astimezone(zone).date(),
                *(value for name, value in event.items() if name not in ("acts_at", "delivered_on")),
                files.of("subscription_events", event["delivered_on"]),
            )
            for event in events
        ]
        names = [name for name in (events[0] if events else ()) if name not in ("acts_at", "delivered_on")]
        yield Section("the events behind the states, by the day on which they act", (), ("day", *names, "file"), told)
