"""Engagement: who comes back. Marketing asks, for every product at once.

Tables: `cohort_retention` (product, cohort, period). What is watched or played belongs to `viewing` and `listening`.
"""

from songify_assets.datasets.engagement.assets import ASSETS
from songify_assets.datasets.engagement.checks import CHECKS
from songify_assets.datasets.engagement.tables import KEYS, TABLES
from songify_assets.orchestration.declare.datasets import Dataset

DATASET = Dataset(
    name="engagement",
    owner="team:growth",
    tables=TABLES,
    keys=KEYS,
    assets=ASSETS,
    checks=CHECKS,
)
