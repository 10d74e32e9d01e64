"""The schedules: a safety net at night, and the close of the month that has ended. Local time, daylight saving or not."""

from datetime import timedelta

import dagster as dg

from songify_assets.foundation.calendar import month_of
from songify_assets.orchestration.automation.sensors import Checks
from songify_assets.orchestration.declare.inputs import Frozen, WhereClosed
from songify_assets.orchestration.planner.planner import PLANNED_AT, Planner
from songify_assets.orchestration.planner.triggers import Triggers

NIGHTLY = "0 3 * * *"
COMPACTION = "30 4 * * *"
CLOSING = "0 5 * * *"
MONTHLY = "0 4 1 * *"


def nightly_schedules(
    catch_up: dg.JobDefinition, compact: dg.JobDefinition, close_ended: dg.JobDefinition, timezone: str
) -> list[dg.ScheduleDefinition]:
    """Every night: what should be there is asked for, old days are kept smaller, and months that ended long enough ago are closed."""
    jobs = {
        "nightly": (
            catch_up,
            NIGHTLY,
            "Asks for what should be there and is not, be it lost or failed; the sensors have it computed.",
        ),
        "nightly_compaction": (
            compact,
            COMPACTION,
            "Keeps old days smaller, as SONGIFY_KEEP_PLAIN_DAYS, SONGIFY_KEEP_RAW_DAYS, SONGIFY_HOT_DAYS and "
            "SONGIFY_WARM_DAYS say.",
        ),
        "nightly_closing": (
            close_ended,
            CLOSING,
            "Closes the months that ended SONGIFY_CLOSE_AFTER_DAYS days ago and can be closed; looks at each statement.",
        ),
    }
    return [
        dg.ScheduleDefinition(
            name=name,
            job=job,
            cron_schedule=cron,
            execution_timezone=timezone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=text,
        )
        for name, (job, cron, text) in jobs.items()
    ]


def _of_closed(triggers: Triggers, asset: str) -> bool:
    """Whether an asset has only months that people have closed."""
    nodes = (triggers.nodes[one] for one in (asset, *triggers.ancestors(asset)))
    return any(isinstance(read, Frozen | WhereClosed) for node in nodes for read in node.inputs.values())


def monthly_schedule(planner: Planner, checks: Checks) -> dg.ScheduleDefinition:
    """Computes the monthly tables of the month that has ended once more, whole."""
    monthly = [
        key
        for key, node in planner.triggers.nodes.items()
        if node.cadence == "month" and not _of_closed(planner.triggers, key)
    ]

    @dg.schedule(
        name="monthly_close",
        cron_schedule=MONTHLY,
        execution_timezone=planner.store.settings.timezone,
        target=dg.AssetSelection.assets(*(key.split("/") for key in monthly)),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Closes the month that has ended: its monthly tables, from all that was delivered until now.",
    )
    def monthly_close(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        now = context.scheduled_execution_time.astimezone(planner.store.settings.zone)
        month = str(month_of(month_of(now.date()) - timedelta(days=1)))
        if not any(month in planner.store.lake.keys(key) for key in monthly if key in planner.store.lake.tables):
            return dg.SkipReason(f"There is nothing of {month[:7]}.")
        return dg.RunRequest(
            run_key=f"close {month}",
            asset_selection=[dg.AssetKey(key.split("/")) for key in monthly],
            asset_check_keys=[key for asset in monthly for key in checks.get(asset, ())],
            partition_key=month,
            tags={PLANNED_AT: f"{now.timestamp():.3f}"},
        )

    return monthly_close
