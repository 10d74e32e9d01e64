"""What a row of each engagement table is: Pandera models, whose columns are also the lake's and the warehouse's."""

from songify_assets.datasets.engagement.tables.activity import (
    ActiveDays,
    ActiveMonths,
    ActiveWeeks,
    Calendar,
    FirstDays,
    UserDays,
    UserMonths,
    UserWeeks,
)
from songify_assets.datasets.engagement.tables.features import FeatureRetention, FeatureUsageDaily, FeatureUsers
from songify_assets.datasets.engagement.tables.funnels import Funnels, FunnelSteps, FunnelTimes, FunnelTotals
from songify_assets.datasets.engagement.tables.retention import ActiveUsers, Churn, CohortRetention, Retention
from songify_assets.datasets.engagement.tables.usage import PlanChanges, SessionLengths, Sessions, UseTimeDaily

TABLES = {
    "engagement/user_days": (UserDays, "date"),
    "engagement/first_days": (FirstDays, "first_day"),
    "engagement/calendar": (Calendar, None),
    "engagement/user_weeks": (UserWeeks, "week"),
    "engagement/user_months": (UserMonths, "month"),
    "engagement/active_days": (ActiveDays, "date"),
    "engagement/active_weeks": (ActiveWeeks, "week"),
    "engagement/active_months": (ActiveMonths, "month"),
    "engagement/active_users": (ActiveUsers, "date"),
    "engagement/cohort_retention": (CohortRetention, "cohort"),
    "engagement/retention": (Retention, None),
    "engagement/churn": (Churn, "month"),
    "engagement/sessions": (Sessions, "session_date"),
    "engagement/session_lengths": (SessionLengths, "date"),
    "engagement/use_time_daily": (UseTimeDaily, "date"),
    "engagement/plan_changes": (PlanChanges, None),
    "engagement/funnel_steps": (FunnelSteps, "entry_date"),
    "engagement/funnels": (Funnels, "entry_date"),
    "engagement/funnel_times": (FunnelTimes, "entry_date"),
    "engagement/funnel_totals": (FunnelTotals, None),
    "engagement/feature_users": (FeatureUsers, "date"),
    "engagement/feature_usage_daily": (FeatureUsageDaily, "date"),
    "engagement/feature_retention": (FeatureRetention, "cohort"),
}
# What identifies a row.
KEYS: dict[str, tuple[str, ...]] = {
    "engagement/user_days": ("product", "date", "user_id"),
    "engagement/first_days": ("product", "user_id"),
    "engagement/calendar": ("product", "date"),
    "engagement/user_weeks": ("product", "week", "user_id"),
    "engagement/user_months": ("product", "month", "user_id"),
    "engagement/active_users": ("product", "date"),
    "engagement/cohort_retention": ("product", "cohort", "period"),
    "engagement/retention": ("product", "grain", "form", "cohort", "period"),
    "engagement/churn": ("product", "month"),
    "engagement/sessions": ("product", "session_key"),
    "engagement/session_lengths": ("product", "date"),
    "engagement/use_time_daily": ("product", "date"),
    "engagement/plan_changes": ("user_id", "version"),
    "engagement/funnel_steps": ("product", "funnel", "entry_date", "entry", "step"),
    "engagement/funnels": ("product", "funnel", "entry_date", "step"),
    "engagement/funnel_times": ("product", "funnel", "entry_date", "step"),
    "engagement/funnel_totals": ("product", "funnel", "days", "step"),
    "engagement/feature_users": ("product", "feature", "date", "user_id"),
    "engagement/feature_usage_daily": ("product", "feature", "date"),
    "engagement/feature_retention": ("product", "feature", "cohort", "used"),
}
