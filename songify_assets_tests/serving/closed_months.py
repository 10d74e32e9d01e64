"""A small home with closed months: a warehouse of the four tables of statements, and a ledger with the file that came late."""

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from songify_assets.foundation.ledger import LandedFile, Ledger

LATE = "2022-01-05"
HOSTILE = "<script>alert(1)</script> & Söhne"
LICENSOR = "Universe Muzak Corp."
ROWS = """
CREATE SCHEMA royalties; CREATE SCHEMA meta;
CREATE TABLE meta.publications AS SELECT 'p1' AS publication_id, TIMESTAMPTZ '2022-01-06 05:00:00Z' AS published_at;
CREATE TABLE meta.tables AS FROM (VALUES
  ('royalties.market_share', DATE '2022-01-01', true, 9), ('royalties.market_share_daily', DATE '2022-01-05', true, 3),
  ('royalties.statements', DATE '2021-12-01', true, 8)) t("table", through, is_complete, rows);
CREATE TABLE royalties.market_share AS FROM (VALUES
  (DATE '2021-12-01', 'SE', 'Universe Muzak Corp.', 680, 1150, 680 / 1150), (DATE '2021-12-01', 'SE', $hostile, 380, 1150, 380 / 1150),
  (DATE '2021-12-01', 'SE', NULL, 90, 1150, 90 / 1150), (DATE '2021-12-01', 'DE', 'Universe Muzak Corp.', 200, 200, 1.0),
  (DATE '2022-01-01', 'SE', 'Universe Muzak Corp.', 10, 10, 1.0)) t(month, country, licensor, plays, country_plays, share);
CREATE TABLE royalties.market_share_daily AS SELECT month + 24 AS play_date, country, licensor, plays FROM royalties.market_share;
CREATE TABLE royalties.statements AS FROM (VALUES
  (DATE '2021-12-01', 1, 'SE', 'Universe Muzak Corp.', 628, 1098, 628 / 1098), (DATE '2021-12-01', 1, 'SE', $hostile, 380, 1098, 380 / 1098),
  (DATE '2021-12-01', 1, 'SE', NULL, 90, 1098, 90 / 1098), (DATE '2021-12-01', 1, 'DE', 'Universe Muzak Corp.', 200, 200, 1.0),
  (DATE '2021-12-01', 2, 'SE', 'Universe Muzak Corp.', 678, 1148, 678 / 1148), (DATE '2021-12-01', 2, 'SE', $hostile, 380, 1148, 380 / 1148),
  (DATE '2021-12-01', 2, 'SE', NULL, 90, 1148, 90 / 1148), (DATE '2021-12-01', 2, 'DE', 'Universe Muzak Corp.', 200, 200, 1.0)
  ) t(month, version, country, licensor, plays, country_plays, share);
CREATE TABLE royalties.statement_versions AS
  SELECT 'royalties/market_share' AS "table", DATE '2021-12-01' AS month, *, [
    {'feed': 'plays', 'delivered_on': DATE '2021-12-24', 'sha256': repeat('a', 64)},
    {'feed': 'tracks', 'delivered_on': DATE '2021-12-24', 'sha256': repeat('b', 64)}] || IF(version = 2, [
    {'feed': 'plays', 'delivered_on': DATE '2022-01-05', 'sha256': repeat('c', 64)}], []) AS deliveries, version = 2 AS is_current
  FROM (VALUES (1, TIMESTAMPTZ '2022-01-03 08:00:00Z', 'ann', 'month is over', NULL, repeat('1', 64), 4),
               (2, TIMESTAMPTZ '2022-01-06 08:00:00Z', 'ann', 'a shop sent its plays late', 'tracks of the 30th are held', repeat('2', 64), 4)
       ) t(version, closed_at, closed_by, reason, despite, digest, rows);
CREATE TABLE royalties.restatements AS FROM (VALUES
  (DATE '2021-12-01', 1, 2, 'SE', 'Universe Muzak Corp.', 628, 678, 628 / 1098, 678 / 1148, 50, 678 / 1148 - 628 / 1098),
  (DATE '2021-12-01', 1, 2, 'SE', $hostile, 380, 380, 380 / 1098, 380 / 1148, 0, 380 / 1148 - 380 / 1098),
  (DATE '2021-12-01', 2, NULL, 'SE', 'Universe Muzak Corp.', 678, 680, 678 / 1148, 680 / 1150, 2, 680 / 1150 - 678 / 1148)
  ) t(month, version_from, version_to, country, licensor, plays_before, plays_after, share_before, share_after, plays_difference, share_difference);
CREATE TABLE royalties.restatement_causes AS FROM (VALUES
  (DATE '2021-12-01', 1, 2, 'SE', 'Universe Muzak Corp.', 'late_plays', 'plays', DATE '2022-01-05', 50),
  (DATE '2021-12-01', 2, NULL, 'SE', 'Universe Muzak Corp.', 'tracks_changed', 'tracks', DATE '2022-01-06', 2)
  ) t(month, version_from, version_to, country, licensor, cause, feed, delivered_on, plays_difference);
"""


def closed_home(home: Path) -> Path:
    """Such a home, of December 2021: closed, restated once, and moved a little since."""
    home.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute(ROWS.replace("$hostile", "'" + HOSTILE + "'"))
    ledger = Ledger(home / "ledger.sqlite")
    landed = datetime(2022, 1, 6, 4, 30, tzinfo=UTC)
    ledger.land(
        LandedFile(
            "royalties",
            "plays",
            date.fromisoformat(LATE),
            "plays",
            f"royalties/{LATE}/plays.csv",
            "c" * 64,
            4711,
            landed,
        )
    )
    workbooks = home / "exports/statements/2021-12"
    workbooks.mkdir(parents=True)
    for version in (1, 2):
        (workbooks / f"v{version}.xlsx").write_bytes(b"PK\x05\x06" + bytes(18))
    return home
