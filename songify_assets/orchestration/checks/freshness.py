"""Freshness: whether the newest delivery of a feed is as new as it should be by now."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

import dagster as dg

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger.files import first_landed
from songify_assets.foundation.store import Store
from songify_assets.orchestration.checks.verdicts import Verdict, evaluation

DUE = time(3)
NAME = "freshness"
# A feed comes regularly when so many of its last deliveries landed so soon after their dates.
REGULAR, LAST, ON_TIME = 3, 7, timedelta(days=2)


def freshness_checks(feeds: Sequence[Feed]) -> dg.AssetChecksDefinition:
    """The freshness check of every raw asset. The sensors on the drops keep it up to date, so that no run is needed for it."""

    @dg.multi_asset_check(name=NAME, specs=[_spec(feed) for feed in feeds], can_subset=True)
    def freshness(
        context: dg.AssetCheckExecutionContext, store: dg.ResourceParam[Store]
    ) -> Iterable[dg.AssetCheckResult]:
        now = datetime.now(store.settings.zone)
        for feed in feeds:
            if _spec(feed).key in context.selected_asset_check_keys:
                one = _verdict(store, feed, now) or Verdict(True, "Nothing was ever delivered.")
                yield dg.AssetCheckResult(
                    asset_key=_spec(feed).asset_key,
                    check_name=NAME,
                    passed=one.passed,
                    severity=one.level,
                    description=one.says,
                    metadata=one.metadata,
                )

    return freshness


def report_freshness(instance: dg.DagsterInstance, store: Store, feeds: Sequence[Feed]) -> None:
    """Brings the checks up to date: a verdict is reported when it is another one than the last.

    Also when the asset was computed since, because the web UI shows no verdict that is older than that.
    """
    specs = [(feed, _spec(feed)) for feed in feeds]
    shown = instance.event_log_storage.get_latest_asset_check_execution_by_key([spec.key for _, spec in specs])
    computed = {
        record.asset_entry.asset_key: record.asset_entry.last_materialization_record
        for record in instance.get_asset_records([spec.asset_key for _, spec in specs])
    }
    for feed, spec in specs:
        verdict, last = _verdict(store, feed, datetime.now(store.settings.zone)), shown.get(spec.key)
        written = computed.get(spec.asset_key)
        outdated = last is None or (written is not None and written.timestamp >= last.create_timestamp)
        if verdict and (last is None or outdated or (last.status.value == "SUCCEEDED") != verdict.passed):
            instance.report_runless_asset_event(evaluation(spec, None, verdict))


def due_on(feed: Feed, now: datetime) -> date:
    """The delivery date that must be here by now: today's from 03:00 on, and yesterday's before."""
    today = now.date() if now.time() >= DUE else now.date() - timedelta(days=1)
    return today - timedelta(days=feed.every_days - 1)


def _verdict(store: Store, feed: Feed, now: datetime) -> Verdict | None:
    deliveries = store.ledger.deliveries(feed.name)
    if not deliveries:
        return None
    newest, due = deliveries[-1].delivered_on, due_on(feed, now)
    passed = newest >= due or not _comes_regularly(store, feed)
    says = f"The newest delivery is of {newest}; that of {due} was due at {DUE:%H:%M} ({store.settings.timezone})."
    metadata = {"newest_delivery": str(newest), "source": feed.source}
    return Verdict(passed, None if passed else says, metadata, "warn")


def _comes_regularly(store: Store, feed: Feed) -> bool:
    """Whether some of the last deliveries landed when they were due: old files that are loaded now say nothing of tomorrow."""
    zone, landed = store.settings.zone, first_landed(store.ledger, feed.name, LAST)
    on_time = [day for day, at in landed.items() if at.astimezone(zone).date() - day <= ON_TIME]
    return len(on_time) >= REGULAR


def _spec(feed: Feed) -> dg.AssetCheckSpec:
    often = "every day" if feed.every_days == 1 else f"every {feed.every_days} days"
    text = f"{feed.source} delivers {often}, until {DUE:%H:%M} local time. It is late only if it has come regularly: {REGULAR} of its last {LAST} deliveries in time."
    return dg.AssetCheckSpec(NAME, asset=feed.raw.split("/"), description=text)
