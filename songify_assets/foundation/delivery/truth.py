"""What a record that can be read may not hold: an event at a time that cannot be, a key with a control character."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.letters import BLANK, DELETE, letters_of

C1_LEAD, C1_LAST = 0xC2, 0x9F  # in UTF-8 the control characters beyond ASCII are C2 80 to C2 9F
REFUSED = pl.Schema({"record": pl.UInt64(), "reasons": pl.List(pl.String)})


def event_date(feed: Feed, zone: ZoneInfo, delivered_on: date) -> pl.Expr:
    """The local day on which an event started, or the day that it carries; without either the delivery date."""
    if feed.event_at is None:
        return pl.lit(delivered_on)
    if feed.columns[feed.event_at] == pl.Date:
        return pl.col(feed.event_at)
    return pl.col(feed.event_at).dt.convert_time_zone(zone.key).dt.date()


def untrue(feed: Feed, kept: pl.DataFrame, landed_at: datetime | pl.Series, start_date: date) -> pl.DataFrame:
    """The records among the kept columns of a feed that cannot be true, and why: `record`, `reasons`."""
    reasons = [_control_character(kept[name]) for name in feed.keys]
    if not feed.is_dump:
        last = landed_at + timedelta(days=1)
        reasons += [_late(kept[name], last) for name in feed.instants_past]
        reasons += [_long_ago(kept[name], start_date) for name in feed.since]
        reasons.append(_early(kept["event_date"], start_date))
    found = [reason for reason in reasons if reason is not None]
    if not found:
        return pl.DataFrame(schema=REFUSED)
    told = pl.DataFrame([reason.alias(str(at)) for at, reason in enumerate(found)])
    texts = pl.concat_list(pl.all()).list.drop_nulls().alias("reasons")
    return told.select(kept["record"], texts).filter(pl.col("reasons").list.len() > 0)


def _late(instants: pl.Series, last: datetime | pl.Series) -> pl.Series | None:
    late = instants > last
    if not late.any():
        return None
    text = pl.format(f"`{instants.name}` is {{}}, more than a day after it was landed", instants.dt.to_string("iso"))
    return pl.select(pl.when(late).then(text)).to_series()


def _long_ago(instants: pl.Series, start_date: date) -> pl.Series | None:
    early = instants.dt.date() < start_date - timedelta(days=1)
    if not early.any():
        return None
    text = f"`{instants.name}` is {{}}, more than a day before SONGIFY_START_DATE ({start_date})"
    return pl.select(pl.when(early).then(pl.format(text, instants.dt.to_string("iso")))).to_series()


def _early(days: pl.Series, start_date: date) -> pl.Series | None:
    early = days < start_date
    if not early.any():
        return None
    return pl.select(
        pl.when(early).then(pl.format(f"its day {{}} is before SONGIFY_START_DATE ({start_date})", days))
    ).to_series()


def _control_character(keys: pl.Series) -> pl.Series | None:
    if not _may_hold_one(keys):
        return None
    letters = keys.str.strip_chars().str.extract(r"(\p{Cc})", 1)
    at = letters.is_not_null().arg_true()
    if not len(at):
        return None
    told = [f"`{keys.name}` holds the control character U+{ord(letter):04X}" for letter in letters.gather(at)]
    return pl.Series([None] * len(keys), dtype=pl.String).scatter(at, told)


def _may_hold_one(texts: pl.Series) -> bool:
    """Whether a control character may be in a text, told by the bytes in half the time of looking for one."""
    letters = letters_of(texts)
    if not len(letters) or (letters.min() >= BLANK and letters.max() < DELETE):
        return False
    if letters.min() < BLANK or (letters == DELETE).any():
        return True
    after = letters[np.minimum(np.flatnonzero(letters == C1_LEAD) + 1, len(letters) - 1)]
    return bool((after <= C1_LAST).any())
