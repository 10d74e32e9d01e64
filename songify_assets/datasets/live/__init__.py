"""Live events in batch: what `songify live` received, an hour's segments as drops, and whether both say the same. Operations asks.

Tables: `logins` and `steps` (one event), `logins_by_minute` (a minute and country), `logins_daily` (a day and country),
`step_times` (a day, feature and step), `parity` (a day, stream and country: what was counted live beside what landed). The counts of
the last 24 hours are not here: `songify live` tells them.
"""

from songify_assets.datasets.live.assets import ASSETS
from songify_assets.datasets.live.checks import CHECKS
from songify_assets.datasets.live.feeds import FEEDS
from songify_assets.datasets.live.tables import KEYS, TABLES
from songify_assets.orchestration.declare.datasets import Dataset

DATASET = Dataset("live", owner="team:operations", feeds=FEEDS, tables=TABLES, keys=KEYS, assets=ASSETS, checks=CHECKS)
