"""Marketing: what campaigns cost and brought, and which channels and campaigns deserve a sale. Marketing asks.

Tables: `campaign_performance_daily` (a campaign and day, as the platform tells), `touchpoints` and `conversions` (of our own),
`utm_audit` (which campaign a utm_campaign is), `credits` (a touch's part of a conversion by a model), `attribution` and
`campaign_attribution` (a month, model and channel or campaign). What platforms claim to have sold is never added up with ours.
"""

from songify_assets.datasets.marketing.assets import ASSETS
from songify_assets.datasets.marketing.checks import CHECKS
from songify_assets.datasets.marketing.feeds import FEEDS
from songify_assets.datasets.marketing.tables import KEYS, TABLES
from songify_assets.orchestration.declare.datasets import Dataset

DATASET = Dataset(
    "marketing", owner="team:marketing", feeds=FEEDS, tables=TABLES, keys=KEYS, assets=ASSETS, checks=CHECKS
)
