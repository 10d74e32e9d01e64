"""Parts of Dagster that we replace, and its own databases in a home."""
