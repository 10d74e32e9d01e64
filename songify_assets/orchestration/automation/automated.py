"""All jobs, sensors and schedules of a graph."""

from collections.abc import Sequence

import dagster as dg

from songify_assets.foundation.feeds import Feed
from songify_assets.orchestration.automation.jobs import approve_job, catch_up_job, replay_job
from songify_assets.orchestration.automation.schedules import monthly_schedule, nightly_schedule
from songify_assets.orchestration.automation.sensors import drops_sensor, follow_up_sensor
from songify_assets.orchestration.planner.gates import checks_by_asset
from songify_assets.orchestration.planner.planner import Planner


def automated(graph: dg.Definitions, planner: Planner, feeds: Sequence[Feed]) -> dg.Definitions:
    """The graph with its jobs, its sensors (one a source, and one for what follows) and its schedules."""
    checks = checks_by_asset(graph)
    sources = dict.fromkeys(feed.source for feed in feeds)
    sensors = [drops_sensor(source, feeds, planner, checks) for source in sources]
    catch_up = catch_up_job(feeds, planner)
    schedules = [nightly_schedule(catch_up, planner.store.settings.timezone), monthly_schedule(planner, checks)]
    jobs = [approve_job(feeds), replay_job(feeds), catch_up]
    return dg.Definitions.merge(
        graph,
        dg.Definitions(jobs=jobs, sensors=[*sensors, follow_up_sensor(feeds, planner, checks)], schedules=schedules),
    )
