"""Homes made before the rooms were moved name this module in their `dagster.yaml`."""

from songify_assets.orchestration.dagster_internals.event_log import KeptSqliteEventLog

__all__ = ["KeptSqliteEventLog"]
