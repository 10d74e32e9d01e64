"""All jobs, sensors and schedules of a graph."""

import dagster as dg

from songify_assets.orchestration.automation.closing_jobs import close_ended_job, close_job, restate_job
from songify_assets.orchestration.automation.jobs import approve_job, catch_up_job, compact_job, replay_job
from songify_assets.orchestration.automation.schedules import monthly_schedule, nightly_schedules
from songify_assets.orchestration.automation.sensors import drops_sensor, follow_up_sensor
from songify_assets.orchestration.closing import Closing
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.planner.gates import checks_by_asset
from songify_assets.orchestration.planner.planner import Planner


def automated(graph: dg.Definitions, planner: Planner, catalog: Catalog) -> dg.Definitions:
    """The graph with its jobs, its sensors (one a source, and one for what follows) and its schedules."""
    feeds, checks, timezone = catalog.feeds, checks_by_asset(graph), planner.store.settings.timezone
    sources = dict.fromkeys(feed.source for feed in feeds)
    sensors = [drops_sensor(source, feeds, planner, checks) for source in sources]
    catch_up, compact = catch_up_job(feeds, planner), compact_job(catalog, planner)
    closing = Closing(planner.store, catalog, planner.triggers)
    close_ended = close_ended_job(closing)
    schedules = [*nightly_schedules(catch_up, compact, close_ended, timezone), monthly_schedule(planner, checks)]
    jobs = [
        approve_job(feeds),
        replay_job(feeds),
        catch_up,
        compact,
        close_ended,
        close_job(closing),
        restate_job(closing),
    ]
    return dg.Definitions.merge(
        graph,
        dg.Definitions(jobs=jobs, sensors=[*sensors, follow_up_sensor(feeds, planner, checks)], schedules=schedules),
    )
