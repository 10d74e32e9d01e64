"""What keeps a month from being closed."""

from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg
import polars as pl

from songify_assets.foundation.calendar import days_of
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger.accepted import delivery_dates, held_days
from songify_assets.foundation.statements import rows_of_month
from songify_assets.foundation.store import Store
from songify_assets.orchestration.checks.evaluations import failed_evaluations
from songify_assets.orchestration.closing.made_of import feeds_of, read_by_day
from songify_assets.orchestration.planner.triggers import Triggers

SHOWN = 5


def lacking(
    store: Store, triggers: Triggers, feeds: Sequence[Feed], instance: dg.DagsterInstance, table: str, month: date
) -> list[str]:
    """What a month of a table lacks, in words; nothing where it can be closed."""
    own = feeds_of(triggers, feeds, table)
    return [
        *_not_delivered(store, own, read_by_day(triggers, table), days_of("month", str(month))),
        *_held(store, own, days_of("month", str(month))[-1]),
        *_failed(instance, triggers, table, month),
        *_not_computed(store, triggers, table, month),
    ]


def _not_delivered(store: Store, feeds: Sequence[Feed], by_day: set[str], days: Sequence[date]) -> Iterator[str]:
    """Days without a delivery: of each feed that is read by day, and of all others together, of which each source has some a day."""
    whole = dict[str, set[date]]()
    for feed in (feed for feed in feeds if not feed.is_dump):
        delivered = set(delivery_dates(store.ledger, feed.name))
        if feed.raw in by_day:
            yield from _missing(feed.name, delivered, days)
        else:
            whole.setdefault(feed.source, set()).update(delivered)
    for source, delivered in whole.items():
        if not any(feed.raw in by_day for feed in feeds if feed.source == source):
            yield from _missing(f"{source} drops", delivered, days)


def _missing(name: str, delivered: set[date], days: Sequence[date]) -> Iterator[str]:
    if missing := [str(day) for day in days if day not in delivered]:
        yield f"{name} of {some(missing)} {'is' if len(missing) == 1 and not name.endswith('drops') else 'are'} not delivered"


def _held(store: Store, feeds: Sequence[Feed], last: date) -> Iterator[str]:
    names, held = {feed.name for feed in feeds}, dict[str, list[str]]()
    for name, day in held_days(store.ledger):
        if name in names and day <= last:
            held.setdefault(f"raw/{name}", []).append(str(day))
    for asset, days in held.items():
        yield f"{asset} {some(days)} {'is' if len(days) == 1 else 'are'} held back; see songify approve"


def _failed(instance: dg.DagsterInstance, triggers: Triggers, table: str, month: date) -> Iterator[str]:
    """The blocking checks that failed, on what the month is made of."""
    upstream = {table, *triggers.ancestors(table)}
    for failed in failed_evaluations(instance):
        check, asset = failed.evaluation, failed.evaluation.asset_key.to_user_string()
        # A delivery that is held says so itself.
        if (
            check.blocking
            and asset in upstream
            and _touches(failed.partition, month)
            and check.check_name != "mass_delete"
        ):
            where = f"{asset} {failed.partition}" if failed.partition else asset
            yield f"check {check.check_name} of {where} failed"


def _not_computed(store: Store, triggers: Triggers, table: str, month: date) -> Iterator[str]:
    stale, lake = store.ledger.stale(), store.lake
    for asset in sorted({table, *triggers.ancestors(table)}):
        if keys := sorted(key for key in stale.get(asset, ()) if _touches(key, month)):
            yield f"{f'{asset} {some(keys)}'.strip()} is out of date; run songify load"
    has_rows = bool(rows_of_month(lake, table, month).select(pl.len()).collect().item())
    if not has_rows and str(month) not in lake.keys(table):
        yield f"{table} has nothing of {month:%Y-%m}"


def _touches(partition: str | None, month: date) -> bool:
    """Whether a partition counts for a month: it has none, or began before the month was over."""
    return not partition or partition <= str(days_of("month", str(month))[-1])


def some(texts: Sequence[str]) -> str:
    """Some of many texts, and how many more there are."""
    more = [f"{len(texts) - SHOWN:,} more"] if len(texts) > SHOWN else []
    return ", ".join([*texts[:SHOWN], *more])
