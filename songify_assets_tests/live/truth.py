"""Batches to send, and what must be told of them, worked out by hand."""

import random
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import polars as pl

from songify_assets_tests.live.served import Live

COUNTRIES = ["SE", "no", "Dk", None]
HOUR_MS = 3_600_000


def logins(chance: random.Random, now_ms: int) -> list[dict[str, Any]]:
    """Logins of now, of before, too old ones, and records that are none."""

    def one() -> dict[str, Any]:
        age_ms = chance.choice([0, 500, 20_000, 400_000, chance.randrange(22 * HOUR_MS)])
        record = {"user_id": chance.randrange(3000), "timestamp": now_ms - age_ms, "country": chance.choice(COUNTRIES)}
        match chance.randrange(60):
            case 0:
                return {**record, "timestamp": now_ms - 26 * HOUR_MS}
            case 1:
                return {**record, "timestamp": now_ms + HOUR_MS}
            case 2:
                return {"user_id": 1, "country": "SE"}
            case _:
                return record

    return [one() for _ in range(chance.randrange(1, 120))]


def steps(chance: random.Random, now_ms: int) -> list[dict[str, Any]]:
    return [
        {"user_id": "u", "timestamp": now_ms - chance.randrange(20 * HOUR_MS), "feature": chance.choice("ab"),
         "step": "start", "duration_ms": chance.lognormvariate(8, 1)}
        for _ in range(50)
    ]  # fmt: skip


def is_refused(record: dict[str, Any], now_ms: int) -> bool:
    return "timestamp" not in record or record["timestamp"] > now_ms + 300_000


def holds_all(live: Live, sent: list[dict[str, Any]], times: list[dict[str, Any]], now_ms: int) -> None:
    kept = [one for one in sent if one["timestamp"] > now_ms - 24 * HOUR_MS]
    total = live.total()
    assert total["events"] == len(kept)
    assert total["too_old"] == len(sent) - len(kept)
    users = len({one["user_id"] for one in kept})
    assert abs(total["users"] - users) <= 3 * total["users_error"] * users
    for grain, span in (("second", 1000), ("minute", 60_000), ("hour", HOUR_MS)):
        rows = live.get(f"/v1/live/logins?grain={grain}&by=country")["data"]
        expected = Counter((one["timestamp"] // span, upper(one["country"])) for one in kept)
        assert {(start(row) // span, row["country"]): row["events"] for row in rows} == expected
        assert sum(row["late"] for row in rows) == total["late"]
        if grain != "second":
            distinct = defaultdict(set)
            for one in kept:
                distinct[one["timestamp"] // span, upper(one["country"])].add(one["user_id"])
            assert all(
                abs(row["users"] - len(distinct[start(row) // span, row["country"]]))
                <= 3 * row["users_error"] * len(distinct[start(row) // span, row["country"]])
                for row in rows
            )
    for scope in ("window", "all"):
        rows = live.get(f"/v1/live/steps?scope={scope}")["data"]
        assert [row["feature"] for row in rows] == ["a", "b"]
        for row in rows:
            numbers = np.sort([one["duration_ms"] for one in times if one["feature"] == row["feature"]])
            assert row["n"] == len(numbers)
            assert abs(row["mean_ms"] / numbers.mean() - 1) < 1e-9
            assert abs(row["variance"] / numbers.var(ddof=1) - 1) < 1e-9
            assert (row["min_ms"], row["max_ms"]) == (numbers[0], numbers[-1])
            for name, share in (("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99)):
                rank = np.searchsorted(numbers, row[name], "right") / len(numbers)
                assert abs(rank - share) <= 2 * row["rank_error"] + 1 / len(numbers)


def drops_hold_all(live: Live, sent: list[dict[str, Any]], times: list[dict[str, Any]], refused: int) -> None:
    folder = live.home.path / "live" / "drops"
    files = sorted(folder.glob("*/logins-*.parquet"))
    landed = pl.concat([pl.read_parquet(file) for file in files])
    good = landed.filter(pl.col("refused_reason").is_null())
    rows = good.select("user_id", pl.col("timestamp").dt.epoch("ms"), "country").rows()
    assert Counter(rows) == Counter((str(one["user_id"]), one["timestamp"], upper(one["country"])) for one in sent)
    assert len(landed) - len(good) == refused
    counts = pl.concat([pl.read_parquet(file) for file in folder.glob("*/logins_counts-*.parquet")])
    assert counts["events"].sum() == len(sent)
    assert sum(len(pl.read_parquet(file)) for file in folder.glob("*/steps-*.parquet")) == len(times)
    assert not list(folder.glob("*/.*"))


def upper(country: str | None) -> str | None:
    return country and country.upper()


def start(row: dict[str, Any]) -> int:
    return round(pl.Series([row["at"]]).str.to_datetime("%+").dt.epoch("ms")[0])
