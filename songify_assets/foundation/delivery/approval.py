"""The release of a dump that is held back."""

from collections.abc import Sequence
from datetime import date

from songify_assets.errors import SettingsError
from songify_assets.foundation.delivery.holding import judge
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import Delivery, decisions
from songify_assets.foundation.store import Store


def held_dump(store: Store, feeds: Sequence[Feed], asset: str, delivered_on: date) -> tuple[Feed, Delivery]:
    """The dump of a raw asset that is held, or whose approval has work left (it was killed).

    SettingsError, with what is held, where there is none.
    """
    dumps = [feed for feed in feeds if feed.is_dump]
    feed = next((feed for feed in dumps if feed.raw == asset), None)
    if feed is None:
        names = ", ".join(one.raw for one in dumps)
        raise SettingsError(f"no full dump is called '{asset}'", where="ASSET", remedy=f"There are {names}.")
    dump = store.ledger.delivery(feed.name, delivered_on)
    if dump is None or not (dump.status == "held" or (is_approved(store, dump) and store.ledger.marks())):
        deliveries = [(one.raw, two) for one in dumps for two in store.ledger.deliveries(one.name)]
        held = [f"{raw} {one.delivered_on}" for raw, one in deliveries if one.status == "held"]
        what, remedy = f"{asset} {delivered_on} is not held", f"Held are: {', '.join(held) or 'none'}."
        raise SettingsError(what, where="PARTITION", remedy=remedy)
    return feed, dump


def approve(store: Store, feed: Feed, dump: Delivery, *, by: str, reason: str) -> list[Delivery]:
    """Releases a held dump and returns the dumps that are judged anew; who, when and why are kept.

    SettingsError where the reason is empty.
    """
    if not reason.strip():
        raise SettingsError("the reason is empty", where="--reason", remedy="Say why the dump is right.")
    if not is_approved(store, dump):
        decisions.approve(store.ledger, dump, by, reason)
    return judge(store, feed)


def is_approved(store: Store, dump: Delivery) -> bool:
    """Whether a dump was approved, be it judged anew since or not."""
    return (dump.delivered_on, dump.token) in decisions.approved(store.ledger, dump.feed)
