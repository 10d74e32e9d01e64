"""What a row of each payments table is: Pandera models, whose columns are also the lake's and the warehouse's."""

from songify_assets.datasets.payments.tables.facts import BankLines, GatewayPayouts, GatewayTransactions, Invoices
from songify_assets.datasets.payments.tables.reconciled import GatewayBalances, Items, Reconciliation

TABLES = {
    "payments/invoices": (Invoices, "delivered_on"),
    "payments/gateway_transactions": (GatewayTransactions, "created_date"),
    "payments/gateway_payouts": (GatewayPayouts, "created_date"),
    "payments/bank_lines": (BankLines, "delivered_on"),
    "payments/items": (Items, None),
    "payments/reconciliation": (Reconciliation, None),
    "payments/gateway_balances": (GatewayBalances, None),
}
# What identifies a row; an item's gateway may be NULL, so it has none.
KEYS: dict[str, tuple[str, ...]] = {
    "payments/invoices": ("invoice_key",),
    "payments/gateway_transactions": ("gateway", "transaction_key"),
    "payments/gateway_payouts": ("gateway", "payout_key"),
    "payments/bank_lines": ("line_key",),
    "payments/reconciliation": ("month", "level", "side", "currency", "state"),
    "payments/gateway_balances": ("month", "gateway", "currency"),
}
