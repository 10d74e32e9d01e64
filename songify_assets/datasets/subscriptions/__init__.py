"""Subscriptions: what recurring revenue there is, and what moved it. Finance asks.

Tables: `subscription_events` (an event of a subscription), `periods` (days in a row that end in one state of a subscription),
`mrr_movements` (a day that ends with another recurring revenue of a customer), `mrr` (a month and currency), and `cohorts`
(customers by their first month). What was invoiced and paid is in `payments`; no table converts currencies.
"""

from songify_assets.datasets.subscriptions.assets import ASSETS
from songify_assets.datasets.subscriptions.checks import CHECKS
from songify_assets.datasets.subscriptions.feeds import FEEDS
from songify_assets.datasets.subscriptions.tables import KEYS, TABLES
from songify_assets.orchestration.declare.datasets import Dataset

DATASET = Dataset(
    name="subscriptions", owner="team:finance", feeds=FEEDS, tables=TABLES, keys=KEYS, assets=ASSETS, checks=CHECKS
)
