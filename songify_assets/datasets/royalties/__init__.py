"""Royalties: whose music is played in the shops of which country. Finance asks, to pay licensors.

Tables: `plays` (one play), `market_share_daily` (day, country, licensor), `market_share` (month, country, licensor); of months that
were closed `statements` (month, version, country, licensor), `statement_versions`, `restatements` and `restatement_causes`; and
the histories and latest versions of `locations` and `tracks`. What users of the film or music apps do does not belong here.
This is the smallest complete dataset: read it first.
"""

from songify_assets.datasets.royalties.assets import ASSETS
from songify_assets.datasets.royalties.checks import CHECKS
from songify_assets.datasets.royalties.feeds import FEEDS
from songify_assets.datasets.royalties.tables import KEYS, TABLES
from songify_assets.orchestration.declare.datasets import Dataset

DATASET = Dataset(
    name="royalties",
    owner="team:finance",
    feeds=FEEDS,
    tables=TABLES,
    assets=ASSETS,
    checks=CHECKS,
    keys=KEYS,
)
