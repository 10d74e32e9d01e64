"""The jobs that close months: by hand in the web UI, and by themselves some days after their end."""

from datetime import date, datetime, timedelta

import dagster as dg
from pydantic import Field

from songify_assets.errors import SongifyError
from songify_assets.foundation.calendar import month_of
from songify_assets.foundation.ledger.statements import statements
from songify_assets.foundation.statements import REMEDY, trouble
from songify_assets.orchestration.closing import MARKET_SHARE, Closing

BY_ITSELF = "songify (SONGIFY_CLOSE_AFTER_DAYS)"


class Close(dg.Config):
    """Which month to close, and why."""

    month: str = Field(description="The month, such as 2021-12.")
    closed_by: str = Field(description="Your name; it is kept.")
    table: str = Field(default=MARKET_SHARE, description="The table whose month is closed.")
    reason: str = Field(default="", description="Why, if there is more to say; it is kept.")
    despite: str = Field(default="", description="Why it is closed although something is missing; it is kept.")


class Restate(dg.Config):
    """Which closed month to restate, and why."""

    month: str = Field(description="The month, such as 2021-12.")
    closed_by: str = Field(description="Your name; it is kept.")
    reason: str = Field(description="Why the statement is corrected; it is kept.")
    table: str = Field(default=MARKET_SHARE, description="The table whose month is restated.")


def close_job(closing: Closing) -> dg.JobDefinition:
    """The job `close`."""

    @dg.op(name="close_month", description="Freezes a month's rows as version 1 of its statement.")
    def close_month(context: dg.OpExecutionContext, config: Close) -> None:
        told = {"by": config.closed_by, "reason": config.reason, "despite": config.despite}
        try:
            statement = closing.close(context.instance, config.table, _month(config.month), **told)
        except SongifyError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        context.log.info(f"{statement.name} is closed, digest {statement.digest}. The sensors publish it.")

    @dg.job(
        name="close",
        description="Closes a month: its rows are frozen as version 1 of its statement, which no load changes. Refused while "
        "something of it is missing, held or failing, unless `despite` says why.",
    )
    def job() -> None:
        close_month()

    return job


def restate_job(closing: Closing) -> dg.JobDefinition:
    """The job `restate`."""

    @dg.op(name="restate_month", description="Freezes a closed month's rows as they are now as the next version.")
    def restate_month(context: dg.OpExecutionContext, config: Restate) -> None:
        try:
            statement = closing.restate(config.table, _month(config.month), by=config.closed_by, reason=config.reason)
        except SongifyError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        context.log.info(f"{statement.name} is closed, digest {statement.digest}. The sensors publish it.")

    @dg.job(
        name="restate",
        description="Restates a closed month: its rows as they are now become the next version of its statement. Refused when "
        "nothing changed.",
    )
    def job() -> None:
        restate_month()

    return job


def close_ended_job(closing: Closing) -> dg.JobDefinition:
    """The job `close_ended`."""
    settings = closing.store.settings

    @dg.op(name="close_ended_months", description="Closes what has ended and can be closed; looks at each statement.")
    def close_ended(context: dg.OpExecutionContext) -> None:
        if settings.close_after_days is not None:
            today = datetime.now(settings.zone).date()
            _close_before(context, closing, month_of(today - timedelta(days=settings.close_after_days)))
        kept = statements(closing.store.ledger)
        broken = [f"{one.name}: {why}" for one in kept if (why := trouble(closing.store.lake, one))]
        if broken:
            raise dg.Failure(f"{'; '.join(broken)}. {REMEDY}", allow_retries=False)
        context.log.info(f"{len(kept):,} statements hold the rows that were closed.")

    @dg.job(
        name="close_ended",
        description="Closes every month that ended SONGIFY_CLOSE_AFTER_DAYS days ago and can be closed (by default none), and "
        "computes the digest of each statement anew. The schedule `nightly_closing` runs it.",
    )
    def job() -> None:
        close_ended()

    return job


def _close_before(context: dg.OpExecutionContext, closing: Closing, first_open: date) -> None:
    """Closes the months of each table that ended before a month began; one that cannot be closed does not hold the others."""
    for table in closing.catalog.closing:
        for month in closing.to_close(table, first_open):
            try:
                statement = closing.close(context.instance, table, month, by=BY_ITSELF)
            except SongifyError as error:
                context.log.warning(str(error))
            else:
                context.log.info(f"{statement.name} is closed, digest {statement.digest}.")


def _month(text: str) -> date:
    try:
        return month_of(date.fromisoformat(f"{text[:7]}-01"))
    except ValueError:
        raise dg.Failure(f"'{text}' is no month; write it like 2021-12.", allow_retries=False) from None
