"""All sensors and schedules of a graph."""

from collections.abc import Sequence

import dagster as dg

from songify_assets.foundation.deliveries import Store
from songify_assets.foundation.feeds import Feed
from songify_assets.orchestration.gates import blocking_checks, checks_by_asset
from songify_assets.orchestration.planning import Planner
from songify_assets.orchestration.schedules import monthly_schedule, nightly_schedule
from songify_assets.orchestration.sensors import drops_sensor, follow_up_sensor
from songify_assets.orchestration.triggers import Triggers


def automated(graph: dg.Definitions, store: Store, triggers: Triggers, feeds: Sequence[Feed]) -> dg.Definitions:
    """The graph with its sensors, one a source and one for what follows, and its schedules."""
    planner, checks = Planner(store, triggers, blocking_checks(graph)), checks_by_asset(graph)
    sources = dict.fromkeys(feed.source for feed in feeds)
    sensors = [drops_sensor(source, feeds, planner, checks) for source in sources]
    schedules = [nightly_schedule(feeds, planner, checks), monthly_schedule(planner, checks)]
    return dg.Definitions.merge(
        graph, dg.Definitions(sensors=[*sensors, follow_up_sensor(feeds, planner, checks)], schedules=schedules)
    )
