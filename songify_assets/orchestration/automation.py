"""All jobs, sensors and schedules of a graph."""

from collections.abc import Sequence

import dagster as dg

from songify_assets.foundation.deliveries import Store
from songify_assets.foundation.feeds import Feed
from songify_assets.orchestration.gates import blocking_checks, checks_by_asset
from songify_assets.orchestration.jobs import approve_job, catch_up_job, replay_job
from songify_assets.orchestration.planning import Planner
from songify_assets.orchestration.schedules import monthly_schedule, nightly_schedule
from songify_assets.orchestration.sensors import drops_sensor, follow_up_sensor
from songify_assets.orchestration.triggers import Triggers


def automated(graph: dg.Definitions, store: Store, triggers: Triggers, feeds: Sequence[Feed]) -> dg.Definitions:
    """The graph with its jobs, its sensors (one a source, and one for what follows) and its schedules."""
    planner, checks = Planner(store, triggers, blocking_checks(graph)), checks_by_asset(graph)
    sources = dict.fromkeys(feed.source for feed in feeds)
    sensors = [drops_sensor(source, feeds, planner, checks) for source in sources]
    catch_up = catch_up_job(feeds, planner)
    schedules = [nightly_schedule(catch_up, store.settings.timezone), monthly_schedule(planner, checks)]
    jobs = [approve_job(feeds), replay_job(feeds), catch_up]
    return dg.Definitions.merge(
        graph,
        dg.Definitions(jobs=jobs, sensors=[*sensors, follow_up_sensor(feeds, planner, checks)], schedules=schedules),
    )
