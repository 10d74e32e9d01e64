"""Viewing: our own film service. Product and content ask what is watched, by whom, and what of it comes from books.

Tables: `streams` (one stream), `movie_books` (film and book), `answers` (month and question), and the histories and latest
versions of `users` and `movies`. Who comes back is in `engagement`; what the vendor says of books is in `vendor`.
"""

from songify_assets.datasets.viewing.assets import ASSETS
from songify_assets.datasets.viewing.checks import CHECKS
from songify_assets.datasets.viewing.feeds import FEEDS
from songify_assets.datasets.viewing.tables import KEYS, TABLES
from songify_assets.orchestration.declare.datasets import Dataset

DATASET = Dataset(
    name="viewing",
    owner="team:product",
    feeds=FEEDS,
    tables=TABLES,
    keys=KEYS,
    assets=ASSETS,
    checks=CHECKS,
)
