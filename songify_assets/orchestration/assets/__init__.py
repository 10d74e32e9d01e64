"""From declarations to Dagster's assets, and how they are computed and stored."""
