"""How Dagster sees the foundation: assets, checks, storage, triggers. The only shared code that imports Dagster."""

import warnings

import dagster as dg

# Single-run backfills are beta and partitioned checks a preview: Dagster is pinned to one minor release, and nobody who runs
# the product can do anything about these warnings.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
