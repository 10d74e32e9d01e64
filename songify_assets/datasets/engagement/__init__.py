"""Engagement: who comes back. Marketing asks, for every product at once.

Tables: `cohort_retention` (product, cohort, period). What is watched or played belongs to `viewing` and `listening`.
"""

from songify_assets.datasets.engagement.assets import ASSETS
from songify_assets.datasets.engagement.checks import CHECKS
from songify_assets.datasets.engagement.tables import TABLES
from songify_assets.foundation.feeds import Feed

FEEDS: tuple[Feed, ...] = ()

OWNER = "team:growth"

__all__ = ["ASSETS", "CHECKS", "FEEDS", "OWNER", "TABLES"]
