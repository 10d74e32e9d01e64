"""The ways in which a drop can be wrong, each given to a share of the records or files."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from songify_assets.errors import SettingsError
from songify_assets.generator.chance import Index, uniform
from songify_assets.generator.feeds import Feed
from songify_assets.generator.plan import Plan

DEFECTS: dict[str, str] = {
    "unparseable": "records with text where a number or a time is due",
    "impossible": "records that cannot be true: an end before its start, a negative size or play time",
    "missing_key": "records without their key",
    "ragged": "CSV rows with too few or too many fields",
    "duplicate": "records that come twice, in feeds that have a key",
    "conflicting": "records of full dumps that come again with the same key and other content",
    "unknown": "records that refer to a track, film, location or author that no dump has",
    "late": "streams, app events, subscription events and touches that are delivered one to seven days late, logins and steps that arrive up to 26 hours late",
    "restated": "subscription events and invoices that come again, corrected, moved or void, and reports that come again",
    "vanished": "rows that a report lacks when it comes again",
    "double": "invoices that are charged twice",
    "partial": "invoices that are paid in parts",
    "unreferenced": "invoices of which the payment is given back without naming them",
    "joint": "gateways and days of which the bank books all payouts in one line",
    "split": "payouts that the bank books in two lines",
    "simultaneous": "touches in the same second as another one of their user",
    "not_utf8": "records with a byte that is not UTF-8",
    "mass_delete": "records that the vendor's dumps of the last day lack",
    "truncated_json": "JSON files of the vendor that end in the middle",
}
DEFAULTS: dict[str, float] = {
    "late": 0.05, "unknown": 0.02, "restated": 0.02, "vanished": 0.02, "double": 0.01, "partial": 0.03, "unreferenced": 0.02,
    "joint": 0.1, "split": 0.1, "simultaneous": 0.02,
}  # fmt: skip

BAD_BYTE = "\u0081"  # stands for a byte that is not UTF-8, which Polars' text cannot hold, until it is written
_ON_RECORDS = ("unparseable", "impossible", "missing_key", "ragged", "not_utf8", "duplicate", "conflicting")


def checked(defects: Mapping[str, float] | None) -> dict[str, float]:
    """The shares asked for, over the defaults."""
    for name, share in (defects or {}).items():
        if name not in DEFECTS:
            raise SettingsError(
                f"there is no defect {name!r}", where="--defect", remedy=f"Choose from {', '.join(DEFECTS)}."
            )
        if not 0 <= share <= 1:
            raise SettingsError(
                f"{name}={share} is not a share", where="--defect", remedy="Give a number from 0 to 1, such as 0.01."
            )
    shares = DEFAULTS | dict(defects or {})
    if (total := sum(shares.get(name, 0.0) for name in _ON_RECORDS)) > 1:
        raise SettingsError(
            f"{', '.join(_ON_RECORDS)} come to {total:g}, but no record gets two of them",
            where="--defect",
            remedy="Choose shares that add up to at most 1.",
        )
    return shares


def spoil(plan: Plan, feed: Feed, day: int, index: Index, frame: pl.DataFrame) -> list[pl.DataFrame]:
    """The same records with defects. Rows of another width come as frames of their own."""
    if not any(plan.share(name) for name in _ON_RECORDS):
        return [frame]
    hurt = _hurt_rows(plan, feed, day, index)
    frame = _in_place(feed, frame, hurt)
    again = [frame.filter(hurt["duplicate"])] if feed.has_key else []
    if feed.full_dump and feed.conflicting:
        again.append(frame.filter(hurt["conflicting"]).with_columns(*feed.conflicting).select(frame.columns))
    frame = pl.concat([frame, *(rows.cast(dict(frame.schema)) for rows in again)])  # type: ignore[arg-type]
    if feed.style != "csv" or not plan.share("ragged"):
        return [frame]
    ragged = pl.concat([hurt["ragged"], pl.repeat(False, len(frame) - len(index), eager=True)])
    wide, narrow = _halves(frame.filter(ragged))
    surplus = wide.with_columns(pl.lit("surplus").alias("surplus"))
    return [frame.filter(~ragged), surplus, narrow.drop(frame.columns[-1])]


def _halves(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    return frame.head((len(frame) + 1) // 2), frame.tail(len(frame) // 2)


def _hurt_rows(plan: Plan, feed: Feed, day: int, index: Index) -> dict[str, pl.Series]:
    """Which rows get which defect; no row gets two."""
    chance = uniform(plan.seed, f"defect {feed.name}", index, day)
    rows, start = {}, 0.0
    for name in _ON_RECORDS:
        end = start + plan.share(name)
        rows[name] = pl.Series(np.logical_and(chance >= start, chance < end))
        start = end
    return rows


def _in_place(feed: Feed, frame: pl.DataFrame, hurt: dict[str, pl.Series]) -> pl.DataFrame:
    """Spoil values where they are. In JSON the key and the number columns are JSON text, so that is what they get."""
    json = feed.style != "csv"
    nothing: pl.Expr = pl.lit("null") if json else pl.lit(None, dtype=pl.String)
    changes: list[tuple[str, pl.Expr]] = [("impossible", change) for change in feed.impossible]
    if feed.number:
        changes.append(("unparseable", pl.lit('"n/a"' if json else "n/a").alias(feed.number)))
    if feed.key:
        changes.append(("missing_key", nothing.alias(feed.key)))
    if feed.text:
        changes.append(("not_utf8", pl.col(feed.text).str.replace('("?)$', BAD_BYTE + "${1}")))
    before = frame
    for name, change in changes:
        if not hurt[name].any():
            continue
        column = change.meta.output_name()
        # The untouched frame is what a change reads: two columns can so be swapped.
        changed = before.select(change.cast(pl.String)).to_series()  # one value only, if the change is a constant
        frame = frame.with_columns(changed.zip_with(hurt[name], frame[column].cast(pl.String)).alias(column))
    return frame
