"""A second, light code location: the alerts. It goes on when the main one cannot be loaded, and says so."""

import dagster as dg

from songify_assets.orchestration.alerts.sensor import alerts_sensor
from songify_assets.settings import keep_private, load_settings


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads."""
    keep_private()
    return dg.Definitions(sensors=[alerts_sensor(load_settings())])
