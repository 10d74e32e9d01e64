"""What a row of each marketing table is: Pandera models, whose columns are also the lake's and the warehouse's."""

from songify_assets.datasets.marketing.tables.attributed import (
    Attribution,
    CampaignAttribution,
    CampaignCredits,
    Credits,
)
from songify_assets.datasets.marketing.tables.performance import (
    CampaignPerformanceDaily,
    FinalDays,
    UtmAudit,
    UtmDaily,
    UtmLinks,
)
from songify_assets.datasets.marketing.tables.touches import ChannelRules, Conversions, Touchpoints

TABLES = {
    "marketing/final_days": (FinalDays, None),
    "marketing/campaign_performance_daily": (CampaignPerformanceDaily, "date"),
    "marketing/channel_rules": (ChannelRules, None),
    "marketing/touchpoints": (Touchpoints, "touch_date"),
    "marketing/conversions": (Conversions, "conversion_date"),
    "marketing/utm_daily": (UtmDaily, "date"),
    "marketing/utm_links": (UtmLinks, None),
    "marketing/utm_audit": (UtmAudit, None),
    "marketing/credits": (Credits, "conversion_date"),
    "marketing/campaign_credits": (CampaignCredits, "date"),
    "marketing/attribution": (Attribution, "month"),
    "marketing/campaign_attribution": (CampaignAttribution, "month"),
}
# What identifies a row, where nothing of it may be NULL.
KEYS: dict[str, tuple[str, ...]] = {
    "marketing/final_days": ("platform", "date"),
    "marketing/campaign_performance_daily": ("platform", "date", "account_key", "campaign_key"),
    "marketing/touchpoints": ("touch_key",),
    "marketing/conversions": ("conversion_key",),
    "marketing/utm_daily": ("date", "utm_campaign"),
    "marketing/utm_links": ("utm_campaign",),
    "marketing/utm_audit": ("utm_campaign",),
    "marketing/credits": ("conversion_key", "model", "position"),
    "marketing/attribution": ("month", "currency", "model", "channel"),
}
