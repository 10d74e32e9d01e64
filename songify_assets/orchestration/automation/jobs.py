"""The jobs that people launch in the web UI: release a held dump, bring a refused row or file back in, ask again."""

from collections.abc import Sequence
from datetime import date

import dagster as dg
from pydantic import Field

from songify_assets.errors import SettingsError
from songify_assets.foundation.delivery.approval import approve, held_dump
from songify_assets.foundation.delivery.quarantine import replay
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.store import Store
from songify_assets.orchestration.automation.compaction import Compaction
from songify_assets.orchestration.checks.raw_checks import report_judgement
from songify_assets.orchestration.declare.datasets import Catalog
from songify_assets.orchestration.planner.missing import missing_partitions
from songify_assets.orchestration.planner.planner import Planner

SHOWN = 20


class Approval(dg.Config):
    """Which dump to release, and why."""

    asset: str = Field(description="The raw asset, such as raw/books.")
    partition: str = Field(description="The delivery date of the held dump, such as 2021-12-02.")
    reason: str = Field(description="Why the dump is right; it is kept.")
    approved_by: str = Field(description="Your name; it is kept.")


class Replay(dg.Config):
    """Which refused row or file to bring back in."""

    id: str = Field(description="As `songify quarantine list` shows it, such as plays@2021-12-24#534.")
    raw: str | None = Field(default=None, description="The mended record; empty: as it was delivered.")
    replayed_by: str = Field(description="Your name; it is kept.")


def approve_job(feeds: Sequence[Feed]) -> dg.JobDefinition:
    """The job `approve`."""

    @dg.op(name="release_dump", description="Releases a dump that the mass-delete check holds back.")
    def release(context: dg.OpExecutionContext, config: Approval, store: dg.ResourceParam[Store]) -> None:
        try:
            day = date.fromisoformat(config.partition)
            feed, dump = held_dump(store, feeds, config.asset, day)
            judged = approve(store, feed, dump, by=config.approved_by, reason=config.reason)
        except ValueError:
            raise dg.Failure(f"'{config.partition}' is no date; write it like 2021-12-31.") from None
        except SettingsError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        for changed in judged:
            report_judgement(context.instance, context.run, feed, store, changed)
        context.log.info(
            f"{config.asset} {day} is released: {dump.missing} keys are deleted. The sensors go on from here."
        )

    @dg.job(
        name="approve",
        description="Releases a dump that the mass-delete check holds back. It holds for these bytes: a correction is judged "
        "anew. Ask the source first. The sensors compute what follows.",
    )
    def job() -> None:
        release()

    return job


def replay_job(feeds: Sequence[Feed]) -> dg.JobDefinition:
    """The job `replay`."""

    @dg.op(name="bring_back", description="Brings a refused row or file back in.")
    def bring_back(context: dg.OpExecutionContext, config: Replay, store: dg.ResourceParam[Store]) -> None:
        try:
            replay(store, feeds, config.id, by=config.replayed_by, file=None, raw=config.raw)
        except SettingsError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        context.log.info(f"{config.id} is read again by the next run of its raw asset.")

    @dg.job(
        name="replay",
        description="Brings a refused row back in, mended, or reads a refused file or delivery once more. The sensors compute "
        "what follows.",
    )
    def job() -> None:
        bring_back()

    return job


def compact_job(catalog: Catalog, planner: Planner) -> dg.JobDefinition:
    """The job `compact`."""

    @dg.op(name="keep_smaller", description="Keeps old days smaller, as the settings say.")
    def keep_smaller(context: dg.OpExecutionContext) -> None:
        compacted = Compaction(planner.store, catalog, planner.triggers).run(lambda _: None)
        for saved in compacted.saved.values():
            before, after = saved.bytes
            context.log.info(f"{saved.table}: {saved.files:,} files took {before:,} bytes and take {after:,}")
        if compacted.errors:
            told = "\n".join(map(str, compacted.errors[:SHOWN]))
            raise dg.Failure(f"{len(compacted.errors):,} things could not be compacted; the rest was.\n{told}")

    @dg.job(
        name="compact",
        description="Keeps old days smaller: landed bytes compressed, raw dumps taken away (they are made again from the "
        "landed bytes when something needs them), large tables packed, logs thinned out. The schedule `nightly_compaction` "
        "runs it.",
    )
    def job() -> None:
        keep_smaller()

    return job


def catch_up_job(feeds: Sequence[Feed], planner: Planner) -> dg.JobDefinition:
    """The job `catch_up`."""

    @dg.op(name="ask_again", description="Marks what should be there and is not, and what has failed.")
    def ask_again(context: dg.OpExecutionContext) -> None:
        failed = [(mark.asset, mark.partition) for mark in planner.state(context.instance).failed]
        asked = sorted({*missing_partitions(planner.store, planner.triggers, feeds), *failed})
        planner.store.ledger.mark(asked)
        for asset, key in asked:
            context.log.info(f"asked for {asset} {key}")
        context.log.info(f"{len(asked)} partitions should be there and are not; the sensors have them computed.")

    @dg.job(
        name="catch_up",
        description="Asks for every partition that should be there and is not, be it lost or never computed, and once more for "
        "what has failed. The schedule `nightly` runs it; launch it after you have mended what made runs fail.",
    )
    def job() -> None:
        ask_again()

    return job
