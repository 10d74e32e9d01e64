"""Recurring revenue a month, and what became of the customers of a month."""

from datetime import date as Day

import pandera.polars as pa

from songify_assets.datasets.subscriptions.tables.states import EVENTS, MOVEMENTS, PERIODS

MOVED = {"from": [f"{MOVEMENTS}.amount_minor"]}
COUNTED = {"from": [f"{MOVEMENTS}.movement"]}
CASH = {"from": [f"{EVENTS}.amount_minor"]}
FIRST = {"from": [f"{EVENTS}.customer_key"]}


class Mrr(pa.DataFrameModel):
    """Monthly recurring revenue (MRR) of a currency: what a month opened with, what moved it, and what it closed with."""

    month: Day = pa.Field(
        description="first day of the month; the newest ends with the newest delivery date",
        metadata={"from": [f"{MOVEMENTS}.date"]},
    )
    currency: str = pa.Field(description="currency (ISO 4217)")
    opening_minor: int = pa.Field(ge=0, description="MRR when the month began", metadata=MOVED)
    new_minor: int = pa.Field(
        ge=0, description="of customers who never had any before, summed over days", metadata=MOVED
    )
    expansion_minor: int = pa.Field(ge=0, description="of customers who had less the day before", metadata=MOVED)
    reactivation_minor: int = pa.Field(
        ge=0, description="of customers who had some once, and came back", metadata=MOVED
    )
    contraction_minor: int = pa.Field(ge=0, description="lost of customers who kept some", metadata=MOVED)
    churn_minor: int = pa.Field(ge=0, description="lost of customers who kept none", metadata=MOVED)
    closing_minor: int = pa.Field(ge=0, description="MRR when the month ended", metadata=MOVED)
    opening_customers: int = pa.Field(ge=0, description="customers with MRR when the month began", metadata=COUNTED)
    new_customers: int = pa.Field(ge=0, description="movements `new`", metadata=COUNTED)
    reactivated_customers: int = pa.Field(ge=0, description="movements `reactivation`", metadata=COUNTED)
    churned_customers: int = pa.Field(ge=0, description="movements `churn`", metadata=COUNTED)
    closing_customers: int = pa.Field(ge=0, description="customers with MRR when the month ended", metadata=COUNTED)
    lost_customers: int = pa.Field(
        ge=0, description="opening customers without MRR when the month ended", metadata=COUNTED
    )
    paused_customers: int = pa.Field(
        ge=0,
        description="customers without MRR when the month ended who then had a paused subscription",
        metadata={"from": [f"{PERIODS}.status"]},
    )
    nrr: float = pa.Field(
        nullable=True, ge=0, description="net revenue retention: closing MRR of the opening customers / opening MRR", metadata=MOVED
    )  # fmt: skip
    grr: float = pa.Field(
        nullable=True, ge=0, le=1, description="gross revenue retention: the same with at most what each opened with", metadata=MOVED
    )  # fmt: skip
    logo_churn_rate: float = pa.Field(
        nullable=True, ge=0, le=1, description="lost customers / opening customers", metadata=COUNTED
    )
    revenue_churn_rate: float = pa.Field(
        nullable=True, ge=0, le=1, description="opening MRR of the lost customers / opening MRR", metadata=MOVED
    )
    arpa_minor: float = pa.Field(
        nullable=True, ge=0, description="average revenue per account: closing MRR / closing customers", metadata=MOVED
    )
    ltv_minor: float = pa.Field(
        nullable=True, ge=0, description="lifetime value: ARPA / logo churn rate; NULL where nobody was lost", metadata=MOVED
    )  # fmt: skip
    payments_minor: int = pa.Field(ge=0, description="cash received; it moves no MRR", metadata=CASH)
    refunds_minor: int = pa.Field(ge=0, description="cash given back; it moves no MRR", metadata=CASH)
    is_complete: bool = pa.Field(
        description="whether every day of the month has a drop of events", metadata={"from": [f"{EVENTS}.delivered_on"]}
    )


class Cohorts(pa.DataFrameModel):
    """Customers of a currency whose first event (payments and refunds aside) acts in one month, as they were `period` months later."""

    cohort: Day = pa.Field(description="first day of the month of their first event", metadata=FIRST)
    currency: str = pa.Field(description="currency (ISO 4217)")
    period: int = pa.Field(ge=0, description="months since the cohort's", metadata={"from": [f"{MOVEMENTS}.date"]})
    cohort_size: int = pa.Field(gt=0, description="customers of the cohort", metadata=FIRST)
    active_customers: int = pa.Field(ge=0, description="those with MRR when the period ended", metadata=MOVED)
    retention: float = pa.Field(ge=0, le=1, description="active_customers / cohort_size, a fraction", metadata=MOVED)
    mrr_minor: int = pa.Field(ge=0, description="their MRR when the period ended", metadata=MOVED)
    revenue_minor: int = pa.Field(description="what they paid, less refunds, up to the period's end", metadata=CASH)
    revenue_per_customer_minor: float = pa.Field(description="revenue_minor / cohort_size", metadata=CASH)
    is_complete: bool = pa.Field(
        description="whether every day of the period's month has a drop of events", metadata={"from": [f"{EVENTS}.delivered_on"]}
    )  # fmt: skip
