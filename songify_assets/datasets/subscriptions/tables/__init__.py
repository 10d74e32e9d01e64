"""What a row of each subscriptions table is: Pandera models, whose columns are also the lake's and the warehouse's."""

from songify_assets.datasets.subscriptions.tables.months import Cohorts, Mrr
from songify_assets.datasets.subscriptions.tables.states import MrrMovements, Periods, SubscriptionEvents

TABLES = {
    "subscriptions/subscription_events": (SubscriptionEvents, "event_date"),
    "subscriptions/periods": (Periods, None),
    "subscriptions/mrr_movements": (MrrMovements, None),
    "subscriptions/mrr": (Mrr, None),
    "subscriptions/cohorts": (Cohorts, None),
}
# What identifies a row.
KEYS: dict[str, tuple[str, ...]] = {
    "subscriptions/subscription_events": ("event_key",),
    "subscriptions/periods": ("subscription_key", "valid_from"),
    "subscriptions/mrr_movements": ("date", "customer_key", "currency"),
    "subscriptions/mrr": ("month", "currency"),
    "subscriptions/cohorts": ("cohort", "currency", "period"),
}
