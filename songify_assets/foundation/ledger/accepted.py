"""The as-of date of a feed: its newest delivery that counts."""

from datetime import date

from songify_assets.foundation.ledger import Ledger
from songify_assets.foundation.ledger.schema import day_of


def newest_accepted(ledger: Ledger, feed: str) -> date | None:
    """The delivery date of a feed's newest delivery that is not held; None as long as there is none."""
    sql = "SELECT max(delivered_on) AS day FROM deliveries WHERE feed = ? AND status = 'accepted'"
    return day_of(ledger.rows(sql, feed)[0]["day"])
