"""Generated segments of `songify live` hold each event once, tell what came late and what was refused, and are counted."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from songify_assets.foundation.sketches import estimate_distinct
from songify_assets.generator import SOURCES, generate

FIRST = date(2021, 10, 30)  # on the next day clocks are changed


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    defects = {"late": 0.1, "impossible": 0.02, "missing_key": 0.01}
    return generate(
        tmp_path_factory.mktemp("live"), days=3, scale=1, first_day=FIRST, sources=["live"], defects=defects
    )


def rows(files: list[Path], name: str) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path) for path in files if path.name.startswith(f"{name}-")])


def test_each_hour_of_a_local_day_has_a_segment(files: list[Path]):
    assert Counter(path.parent.name for path in files) == {"2021-10-30": 96, "2021-10-31": 100, "2021-11-01": 96}
    assert not set(SOURCES) & {"live"}, "its drops lie elsewhere, so nobody gets them who does not ask for them"
    for path in files:
        if path.name.startswith("logins-"):
            hour = datetime.strptime(path.name[7:20], "%Y-%m-%dT%H").replace(tzinfo=UTC)
            arrived = pl.read_parquet(path)["arrived_at"]
            assert arrived.is_between(hour, hour + timedelta(hours=1), closed="left").all()


@pytest.mark.parametrize("stream", ["logins", "steps"])
def test_counts_are_those_of_the_events(files: list[Path], stream: str):
    counts, events = rows(files, f"{stream}_counts"), rows(files, stream).filter(pl.col("refused_reason").is_null())
    assert counts["events"].sum() == len(events)
    wait = events["arrived_at"] - events["timestamp"].dt.truncate("1m")
    assert counts["late"].sum() == (wait > timedelta(minutes=2)).sum()
    assert counts["late"].sum() / len(events) == pytest.approx(0.1, abs=0.02)
    users = counts.select(estimate_distinct(pl.col("users_sketch"))).item()
    assert users == pytest.approx(events["user_id"].n_unique(), abs=1)


def test_refused_records_tell_why_and_what_was_sent(files: list[Path]):
    logins = rows(files, "logins")
    refused = logins.filter(pl.col("refused_reason").is_not_null())
    assert dict(refused["refused_reason"].value_counts().iter_rows()) == {
        "in_the_future": pytest.approx(len(logins) * 0.02, rel=0.4),
        "`user_id` is missing": pytest.approx(len(logins) * 0.01, rel=0.4),
    }
    assert refused["refused_raw"].str.starts_with('{"user_id": ').all()
    assert refused.select("user_id", "timestamp", "country").null_count().row(0) == (len(refused),) * 3
