"""Payments: whether each invoice, payment, payout and bank line has its counterpart, and what lies at the gateways. Finance asks.

Tables: `invoices`, `gateway_transactions`, `gateway_payouts` and `bank_lines` (as last delivered), `items` (each of them at each
level with its state), `reconciliation` (a month, level, side, currency and state) and `gateway_balances` (a month, gateway and
currency). Recurring revenue is in `subscriptions`.
"""

from songify_assets.datasets.payments.assets import ASSETS
from songify_assets.datasets.payments.checks import CHECKS
from songify_assets.datasets.payments.feeds import FEEDS
from songify_assets.datasets.payments.tables import KEYS, TABLES
from songify_assets.orchestration.declare.datasets import Dataset

DATASET = Dataset("payments", owner="team:finance", feeds=FEEDS, tables=TABLES, keys=KEYS, assets=ASSETS, checks=CHECKS)
