"""What a row of each engagement table is: Pandera models, whose columns are also the lake's and the warehouse's."""

from datetime import date

import pandera.polars as pa

BOTH = {"from": ["viewing/streams.user_key", "viewing/streams.stream_date"]}


class CohortRetention(pa.DataFrameModel):
    """Of the users whose first week in a product was `cohort`, how many were active `period` weeks later."""

    product: str = pa.Field(isin=["viewing", "listening"], description="the product")
    cohort: date = pa.Field(
        description="Monday of the local week of the users' first event, over all data loaded", metadata=BOTH
    )
    period: int = pa.Field(ge=0, description="weeks since the cohort's week", metadata=BOTH)
    cohort_size: int = pa.Field(gt=0, description="users of the cohort", metadata=BOTH)
    active_users: int = pa.Field(
        ge=0, description="those of them with at least one stream started in that week", metadata=BOTH
    )
    retention: float = pa.Field(ge=0, le=1, description="active_users / cohort_size, a fraction", metadata=BOTH)
    is_complete: bool = pa.Field(description="whether the week has ended and every day of it was delivered")


TABLES = {"engagement/cohort_retention": (CohortRetention, "cohort")}
