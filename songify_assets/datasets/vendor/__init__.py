"""Vendor: the authors, books and reviews that we buy. Content asks which films are based on books, and by whom.

The vendor delivers its whole dataset every night and silently changes and deletes records, so each of the three has a history
(`authors_history`, …) and a latest table, which keeps what was deleted. What our users stream does not belong here.
"""

from songify_assets.datasets.vendor.checks import CHECKS
from songify_assets.datasets.vendor.feeds import FEEDS
from songify_assets.orchestration.declare.datasets import Dataset

DATASET = Dataset(
    name="vendor",
    owner="team:content",
    feeds=FEEDS,
    checks=CHECKS,
)
