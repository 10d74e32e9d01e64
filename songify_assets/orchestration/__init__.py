"""How Dagster sees the foundation: assets, checks, storage, triggers. The only shared code that imports Dagster."""
