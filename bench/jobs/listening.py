"""Who comes back, sessions, funnels and features, from the music app's events; and one more day of them."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl

from bench.homes import generated, loaded
from bench.jobs.job import Contender, Job, Rows, loading, peer
from songify_assets.datasets.listening.tables import TABLES
from songify_assets.datasets.listening.transforms.plays import play_songs
from songify_assets.definitions import build_store
from songify_assets.foundation.calendar import days_between
from songify_assets.foundation.lake import Lake
from songify_assets.foundation.ledger import Delivery
from songify_assets.foundation.parquet import sink
from songify_assets.orchestration.declare.tables import declared_table
from songify_assets.settings import Settings

EVENTS, USERS, DAYS, FIRST = 100_000_000, 2_000_000, 90, date(2021, 10, 4)
SESSION, PACE_MS = 8, 220_000
PAGES = ("Home", "Settings", "Help", "Upgrade", "Submit Upgrade", "Downgrade", "Submit Downgrade")
SMALL, SHORT, LONG = 0.05, 14, 730
EVENTS_TABLE, PLAYS_TABLE = "listening/app_events", "listening/song_plays"
# What both must say alike of each table.
SUMS = {
    "user_days": "count(*), sum(events)::BIGINT",
    "first_days": "count(*), max(first_day)",
    "active_users": "sum(dau)::BIGINT, sum(wau)::BIGINT, sum(mau)::BIGINT, count_if(is_complete), count_if(wau_is_complete)",
    "cohort_retention": "count(*), sum(active_users)::BIGINT, round(sum(retention), 6), count_if(is_complete)",
    "retention": "count(*), sum(active_users)::BIGINT, round(sum(retention), 6), count_if(is_complete)",
    "churn": "sum(retained)::BIGINT, sum(new)::BIGINT, sum(returned)::BIGINT, round(sum(churn_rate), 6), count_if(is_complete)",
    "sessions": "count(*), sum(length_s)::BIGINT, count(DISTINCT session_date)",
    "use_time_daily": "sum(sessions)::BIGINT, sum(users)::BIGINT, round(sum(median_session_s), 3)",
    "funnels": "sum(entered)::BIGINT, sum(converted)::BIGINT, sum(dropped)::BIGINT, sum(open)::BIGINT, round(sum(completion), 6), "
    "round(sum(p50_s), 3), round(sum(total_p90_s), 3)",
    "funnel_totals": "sum(entered)::BIGINT, sum(converted)::BIGINT, sum(dropped)::BIGINT, sum(open)::BIGINT",
    "feature_usage_daily": "sum(users)::BIGINT, sum(events)::BIGINT",
    "feature_retention": "sum(cohort_size)::BIGINT, sum(retained)::BIGINT, round(sum(difference), 6), round(sum(low), 6), "
    "round(sum(high), 6), count_if(is_complete)",
}


def engagement(work: Path, scale: float) -> dict[str, Contender]:
    """All engagement tables of 90 days of events that are in the lake, none of them computed yet."""
    full, home = work / f"engagement-{scale:g}", work / "home"
    drops = work / "no-drops"
    (drops / "listening").mkdir(parents=True, exist_ok=True)
    if not full.exists():
        making = work / f"engagement-{scale:g}-making"
        _fill(making, scale)
        loaded(making, drops, "--source", "listening")
        shutil.rmtree(making / "lake/engagement")
        store = build_store(Settings(home=making))
        for table in (EVENTS_TABLE, PLAYS_TABLE):
            keys = store.lake.keys(table)
            dependents = store.dependents(store.lake, table, keys)
            store.ledger.mark((asset, key) for asset, key in dependents if asset.startswith("engagement/"))
        making.rename(full)

    def sums(of: str) -> Rows:
        queries = {name: f"SELECT '{name}', {sums} FROM '{of.format(name)}'" for name, sums in SUMS.items()}
        return [row for query in queries.values() for row in duckdb.sql(query).fetchall()]

    theirs = peer(work, "engagement_duckdb", full / "lake/listening", None)
    return {
        "product": loading(
            full, home, drops, ["--source", "listening"], lambda: sums(f"{home}/lake/engagement/{{}}/**/*.parquet")
        ),
        "duckdb": Contender(theirs.before, theirs.command, theirs.env, lambda: sums(f"{work}/out/{{}}/**/*.parquet")),
        "floor": peer(work, "floor", full / "lake/listening", None),
    }


def _fill(home: Path, scale: float) -> None:
    """A home with events and song plays in the lake, and whatever follows from them marked as out of date."""
    store, days = build_store(Settings(home=home)), days_between(FIRST, FIRST + timedelta(days=DAYS - 1))
    nothing = pl.LazyFrame(schema=declared_table("listening/song_names", *TABLES["listening/song_names"]).columns)
    nobody = pl.LazyFrame(schema=declared_table("listening/artists", *TABLES["listening/artists"]).columns)
    for day in days:
        _write(store.lake, EVENTS_TABLE, str(day), _events(day, scale))
        events = store.lake.scan(EVENTS_TABLE, [str(day)])
        _write(store.lake, PLAYS_TABLE, str(day), play_songs(events, nothing, nobody))
        store.ledger.write_delivery(Delivery("app_events", day, str(day), str(day), 0, 0, 0, 0), [day])
    for table in (EVENTS_TABLE, PLAYS_TABLE):
        store.ledger.mark(store.dependents(store.lake, table, [str(day) for day in days]))


def _write(lake: Lake, table: str, key: str, rows: pl.LazyFrame) -> None:
    columns = declared_table(table, *TABLES[table]).columns
    known = rows.collect_schema().names()
    target = lake.path(table, key)
    target.parent.mkdir(parents=True, exist_ok=True)
    sink(
        rows.select(
            (pl.col(name) if name in known else pl.lit(None)).cast(dtype).alias(name) for name, dtype in columns.items()
        ),
        target,
    )


def _events(day: date, scale: float) -> pl.LazyFrame:
    """Sessions of eight events, most of them songs, of users who become more from day to day; some come often."""
    events = round(EVENTS * scale / DAYS)
    users = round(USERS * scale * (0.4 + 0.6 * (day - FIRST).days / DAYS))
    salt = day.toordinal()
    session = pl.col("number") // SESSION
    share = (session.hash(salt) % 1_000_000) / 1_000_000
    midnight = pl.datetime(day.year, day.month, day.day, time_zone="Europe/Stockholm").dt.convert_time_zone("UTC")
    item = pl.col("number") % SESSION
    start = session.hash(salt + 1) % (86_400_000 - SESSION * PACE_MS)
    page = pl.col("number").hash(salt + 2) % 100
    other = pl.lit(pl.Series(PAGES)).gather(page % len(PAGES))
    return pl.LazyFrame({"number": pl.int_range(events, eager=True)}).select(
        event_id=pl.concat_str(pl.lit(str(day)), pl.col("number").cast(pl.String), separator="-"),
        occurred_at=midnight + pl.duration(milliseconds=start + item * PACE_MS),
        event_date=pl.lit(day),
        user_id=(share**2 * users).cast(pl.Int64).cast(pl.String),
        session_id=session + salt * 100_000_000,
        item_in_session=item,
        page=pl.when(page < 92).then(pl.lit("NextSong")).otherwise(other),
        level=pl.lit("free"),
        duration_s=pl.lit(215.0),
        delivered_on=pl.lit(day),
    )


def next_day(work: Path, scale: float) -> dict[str, Contender]:
    """One more small day of the music app after 730 days, and for comparison after 14."""
    contenders = {}
    for name, days in (("product", LONG), ("after_14_days", SHORT)):
        drops = generated(work / f"listening-{days}-{scale:g}", days + 1, SMALL * scale, ["listening"], broken=False)
        before = sorted((drops / "listening").iterdir())[-2].name
        known, home = work / f"listening-known-{days}-{scale:g}", work / "home"
        if not known.exists():
            loaded(known, drops, "--source", "listening", "--until", before)
        contenders[name] = loading(known, home, drops, ["--source", "listening"], None)
    return contenders


ENGAGEMENT = Job(
    "engagement",
    "all engagement tables of 90 days of app events in the lake (100 million events, 2 million users at scale 1)",
    engagement,
    lambda work, scale: work / f"engagement-{scale:g}" / "lake" / "listening",
    targets={"duckdb": 0.8},
    most_bytes=4 * 2**30,
    most_seconds=180,
    small_targets={"duckdb": 25},
)
NEXT_DAY = Job(
    "next_day",
    "one more small day of the music app after 730 days",
    next_day,
    lambda work, scale: work / f"listening-{LONG}-{scale:g}" / "listening",
    targets={"after_14_days": 1.5},
    small_targets={"after_14_days": 1.5},
)
