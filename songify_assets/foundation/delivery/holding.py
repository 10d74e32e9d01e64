"""Which dumps are held: those that lack too many keys of the accepted dump before."""

from dataclasses import replace
from datetime import date

import polars as pl

from songify_assets.foundation.delivery.raw import raw_rows
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import Delivery
from songify_assets.foundation.ledger.decisions import approved
from songify_assets.foundation.store import Store
from songify_assets.foundation.versions import differences as history


def judge(store: Store, feed: Feed) -> list[Delivery]:
    """Decides for each dump of a feed whether it is held, and marks the differences that have to be computed again.

    Holding follows from the set of dumps: a dump is judged against the accepted one with the latest earlier delivery date.
    Returns the dumps whose judgement changed.
    """
    ledger, released = store.ledger, approved(store.ledger, feed.name)
    before: Delivery | None = None
    changed = []
    for dump in ledger.deliveries(feed.name):
        verdict = _judged(store, feed, dump, before, (dump.delivered_on, dump.token) in released)
        if verdict.judged != dump.judged:
            with store.delivering(feed):
                ledger.mark([(feed.history, str(dump.delivered_on))])
                ledger.write_delivery(verdict, ledger.event_dates(feed.name, dump.delivered_on))
            changed.append(verdict)
        before = verdict if verdict.status == "accepted" else before
    return changed


def _judged(store: Store, feed: Feed, dump: Delivery, before: Delivery | None, released: bool) -> Delivery:
    """The dump with its judgement, which is only made again when what it is based on has changed."""
    limit = store.settings.mass_delete_limit
    predecessor = before.delivered_on if before else None
    judged = f"{dump.content}|{predecessor}|{before.content if before else ''}|{limit}|{released}"
    if judged == dump.judged:
        return dump
    missing = len(missing_keys(store, feed, before.delivered_on, dump.delivered_on)) if before else 0
    of_keys = before.accepted if before else 0
    status = "held" if missing > limit * of_keys and not released else "accepted"
    return replace(dump, status=status, predecessor=predecessor, missing=missing, of_keys=of_keys, judged=judged)


def missing_keys(store: Store, feed: Feed, before: date, after: date) -> pl.Series:
    """The keys that a dump lacks of an earlier one, in order; of several columns as one text."""
    dumps = [raw_rows(store, feed, [day]) for day in (before, after)]
    told = pl.concat_str(feed.key, separator=" / ", ignore_nulls=True).alias("key")
    return history.missing(dumps[0], dumps[1], feed.key).select(told).collect(engine="streaming")["key"].sort()
