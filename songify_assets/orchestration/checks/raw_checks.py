"""The checks of raw assets: what the ledger says of each delivery, a verdict a delivery date."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from statistics import median

import dagster as dg

from songify_assets.foundation.delivery.holding import missing_keys
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import Delivery
from songify_assets.foundation.ledger.files import newest_refused
from songify_assets.foundation.store import Store
from songify_assets.orchestration.checks.verdicts import Verdict, judged, report, result_of

SHOWN = 10
TRAILING_WEEKS = 8
LEAST_WEEKS = 3
USUAL = (0.5, 2.0)
TEXTS = {
    "readable": ("Every file of the delivery can be read.", True),
    "conservation": ("accepted + refused + collapsed duplicates = received.", True),
    "schema": ("The share of refused rows is within SONGIFY_QUARANTINE_LIMIT.", False),
    "volume": (
        f"The delivery has between half and twice the rows of the median of the same weekday in the {TRAILING_WEEKS} weeks "
        f"before (judged from {LEAST_WEEKS} such deliveries on).",
        False,
    ),
    "mass_delete": ("The dump lacks no more than SONGIFY_MASS_DELETE_LIMIT of its predecessor's keys.", True),
}


def raw_check_specs(feed: Feed, daily: dg.PartitionsDefinition[str] | None) -> dict[str, dg.AssetCheckSpec]:
    """The checks of a feed's raw asset."""
    names = [name for name in TEXTS if name != "mass_delete" or feed.is_dump]
    return {
        name: dg.AssetCheckSpec(
            name, asset=feed.raw.split("/"), description=TEXTS[name][0], blocking=TEXTS[name][1], partitions_def=daily
        )
        for name in names
    }


def raw_results(
    context: dg.AssetExecutionContext,
    store: Store,
    feed: Feed,
    specs: Mapping[str, dg.AssetCheckSpec],
    days: Iterable[date],
) -> list[dg.AssetCheckResult]:
    """The results of these checks for the delivery dates of a run; in a range, days without a delivery have none."""
    deliveries = {delivery.delivered_on: delivery for delivery in store.ledger.deliveries(feed.name)}
    refused = _refused_files(store, feed)
    one_day = len(days := list(days)) == 1
    shown = [day for day in days if one_day or day in deliveries or day in refused]
    verdicts = {
        "readable": {day: Verdict(day not in refused, refused.get(day)) for day in shown},
        "conservation": {day: judged(_conserved, deliveries.get(day)) for day in shown},
        "schema": {day: judged(_well_formed, store, deliveries.get(day)) for day in shown},
        "volume": {day: judged(_usual, day, deliveries) for day in shown},
        "mass_delete": {day: judged(_complete, store, feed, deliveries.get(day)) for day in shown},
    }
    return [
        result_of(context, spec, {str(day): verdict for day, verdict in verdicts[name].items()})
        for name, spec in specs.items()
    ]


def report_judgement(
    instance: dg.DagsterInstance, run: dg.DagsterRun, feed: Feed, store: Store, dump: Delivery
) -> None:
    """Shows a judgement in the mass-delete check of the dump's own partition.

    A dump is judged again when a run changes its predecessor, or when somebody approves it.
    """
    spec = raw_check_specs(feed, None)["mass_delete"]
    report(instance, run, spec, {str(dump.delivered_on): judged(_complete, store, feed, dump)})


def describe_held(store: Store, feed: Feed, dump: Delivery) -> str:
    """How many keys and which a held dump lacks, and how to release it."""
    assert dump.predecessor is not None, "a dump is held against its predecessor"
    keys = missing_keys(store, feed, dump.predecessor, dump.delivered_on)
    shown = ", ".join(keys.head(SHOWN)) + (", …" if len(keys) > SHOWN else "")
    return (
        f"The dump of {dump.delivered_on} is held: it lacks {dump.missing} of the {dump.of_keys} keys of {dump.predecessor} "
        f"({dump.missing / dump.of_keys:.0%}, limit {store.settings.mass_delete_limit:.0%}): {shown}. "
        f"If that is right: songify approve {feed.raw} {dump.delivered_on} --reason TEXT."
    )


def _refused_files(store: Store, feed: Feed) -> dict[date, str]:
    says_by_day: dict[date, str] = {}
    for file in newest_refused(store.ledger, feed.name):
        day, says = file.delivered_on, f"{file.place}: {file.says}"
        says_by_day[day] = f"{says_by_day[day]}; {says}" if day in says_by_day else says
    return says_by_day


def _conserved(delivery: Delivery | None) -> Verdict:
    counts = {name: getattr(delivery, name, 0) for name in ("received", "accepted", "refused", "collapsed")}
    accounted = counts["accepted"] + counts["refused"] + counts["collapsed"]
    kept = accounted == counts["received"]
    return Verdict(kept, None if kept else f"received {counts['received']}, found {accounted}", counts)


def _well_formed(store: Store, delivery: Delivery | None) -> Verdict:
    limit = store.settings.quarantine_limit
    refused, received = (delivery.refused, delivery.received) if delivery else (0, 0)
    says = f"{refused} of {received} rows refused (limit {limit:.0%}). See `songify quarantine list`."
    passed = refused <= limit * received
    return Verdict(passed, None if passed else says, {"refused": refused})


def _usual(day: date, deliveries: Mapping[date, Delivery]) -> Verdict:
    weeks = [day - timedelta(weeks=back) for back in range(1, TRAILING_WEEKS + 1)]
    earlier = [deliveries[week].accepted for week in weeks if week in deliveries]
    rows = deliveries[day].accepted if day in deliveries else 0
    if len(earlier) < LEAST_WEEKS or day not in deliveries:
        return Verdict(True, metadata={"accepted": rows}, severity="warn")
    usual = median(earlier)
    low, high = USUAL[0] * usual, USUAL[1] * usual
    says = f"{rows:,} rows; the median of {len(earlier)} {day:%A}s before is {usual:,.0f}."
    passed = low <= rows <= high
    return Verdict(passed, None if passed else says, {"accepted": rows, "median_before": float(usual)}, "warn")


def _complete(store: Store, feed: Feed, delivery: Delivery | None) -> Verdict:
    if delivery is None or delivery.status != "held":
        return Verdict(True, metadata={"missing_keys": delivery.missing if delivery else 0})
    return Verdict(False, describe_held(store, feed, delivery), {"missing_keys": delivery.missing})
