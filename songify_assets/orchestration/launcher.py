"""Homes made before the rooms were moved name this module in their `dagster.yaml`."""

from songify_assets.orchestration.dagster_internals.launcher import WatchedRunLauncher

__all__ = ["WatchedRunLauncher"]
