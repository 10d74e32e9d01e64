"""The monthly close of subscriptions: the waterfall of each currency, and what moved most."""

import polars as pl

from songify_assets.foundation.sheets.close import Part

SIGNS = {
    "opening_minor": 1, "new_minor": 1, "expansion_minor": 1, "reactivation_minor": 1, "contraction_minor": -1, "churn_minor": -1,
}  # fmt: skip
CUSTOMERS = ["opening_customers", "new_customers", "reactivated_customers", "churned_customers", "closing_customers"]
RATES = ["nrr", "grr", "logo_churn_rate", "arpa_minor", "payments_minor", "refunds_minor", "is_complete"]


def close_parts(months: pl.LazyFrame, movements: pl.LazyFrame) -> list[Part]:
    """The sheets of the close: a row a currency, and a row a movement."""
    columns = ["month", "currency", *SIGNS, "closing_minor", *CUSTOMERS, *RATES]
    waterfall = months.select(columns).sort("month", "currency").collect()
    moved = movements.with_columns(month=pl.col("date").dt.truncate("1mo")).sort("currency", "date", "customer_key")
    own = moved.select(
        "month", "date", "currency", "customer_key", "movement", "before_minor", "after_minor", "amount_minor"
    )
    return [
        Part("waterfall", waterfall, signs=SIGNS, result="closing_minor"),
        Part(
            "movements",
            own.collect(),
            totals=["amount_minor"],
            signs={"before_minor": 1, "amount_minor": 1},
            result="after_minor",
        ),
    ]
