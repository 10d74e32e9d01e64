"""Random segments as `songify live` closes them: late and refused events, closed again with others, both changes of the clock."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from songify_assets.foundation.sketches import sketch_of
from songify_assets_tests.datasets.drop import Drop, Record, local_day

INSTANT = pl.Datetime("us", "UTC")
EVENT = {"user_id": pl.String(), "timestamp": INSTANT, "arrived_at": INSTANT}
REFUSED = {"refused_reason": pl.String(), "refused_raw": pl.String()}
SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "logins": {**EVENT, "country": pl.String(), **REFUSED},
    "steps": {**EVENT, "feature": pl.String(), "step": pl.String(), "duration_ms": pl.Float64(), **REFUSED},
    "counts": {"date": pl.Date(), "country": pl.String(), "events": pl.Int64(), "late": pl.Int64(), "users_sketch": pl.String()},
}  # fmt: skip
COUNTRIES = ["SE", "SE", "DK", "US", None]
LATENESS = timedelta(seconds=60)
# Around midnight in Stockholm and UTC, a month's end, and the hours that clocks skip and show twice.
MOMENTS = [
    datetime(2021, 12, 1, 22, 59, tzinfo=UTC), datetime(2021, 12, 1, 23, 30, tzinfo=UTC), datetime(2021, 12, 2, 0, 5, tzinfo=UTC),
    datetime(2021, 11, 30, 22, 59, 59, 999_999, tzinfo=UTC), datetime(2021, 3, 28, 0, 59, tzinfo=UTC),
    datetime(2021, 3, 27, 23, 0, tzinfo=UTC), datetime(2021, 10, 31, 0, 30, tzinfo=UTC), datetime(2021, 10, 31, 1, 30, tzinfo=UTC),
    datetime(2021, 10, 31, 22, 59, tzinfo=UTC), datetime(2021, 10, 31, 23, 0, tzinfo=UTC),
]  # fmt: skip


@dataclass(frozen=True)
class Segment(Drop):
    """A file of a segment."""

    def write(self, folder: Path, header: Sequence[str] = ()) -> Path:
        """Writes it as Parquet."""
        stream = self.file.partition("-")[0]
        schema = SCHEMAS["counts" if stream.endswith("_counts") else stream]
        path = folder / str(self.delivered_on) / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(list(self.records), schema=schema).write_parquet(path)
        return path


def drawn(chance: random.Random) -> list[Drop]:
    """Some segments in random order of arrival, some of them closed again with other content."""
    segments = [_segment(chance, chance.choice(["logins", "logins", "steps"]), n) for n in range(chance.randint(3, 9))]
    again = []
    for events, _ in [chance.choice(segments) for _ in range(chance.randint(0, 2))]:
        stream, hour = events.file.partition("-")[0], events.records[0]["arrived_at"]
        again.append(
            segment(stream, hour, _records(chance, stream, hour), events.file.rpartition("-")[2].split(".")[0])
        )
    chance.shuffle(segments)
    repeated = [chance.choice(segments)] if chance.random() < 0.3 and not again else []
    return [file for both in [*segments, *repeated, *again] for file in both]


def segment(stream: str, hour: datetime, records: Sequence[Record], number: int | str = 1) -> tuple[Drop, Drop]:
    """The events of a segment that arrived in an hour (UTC), and what is counted of them."""
    day, of = local_day(hour), f"{hour:%Y-%m-%dT%H}Z-{number}.parquet"
    return Segment(f"{stream}-{of}", day, tuple(records)), Segment(
        f"{stream}_counts-{of}", day, tuple(counted(stream, records))
    )


def counted(stream: str, records: Iterable[Record]) -> list[Record]:
    """What the live side counts of events: by local day and country."""
    groups = defaultdict[tuple[date, str | None], list[Record]](list)
    for record in records:
        if record["refused_reason"] is None:
            groups[local_day(record["timestamp"]), record.get("country") if stream == "logins" else None].append(record)
    return [
        {
            "date": day, "country": country, "events": len(some), "late": sum(map(is_late, some)),
            "users_sketch": sketch_of(record["user_id"] for record in some),
        }
        for (day, country), some in groups.items()
    ]  # fmt: skip


def is_late(record: Record) -> bool:
    """Whether it arrived later than 60 seconds after the end of its minute."""
    end = record["timestamp"].replace(second=0, microsecond=0) + timedelta(minutes=1)
    return bool(record["arrived_at"] > end + LATENESS)


def login(at: datetime, user: str = "u", country: str | None = "SE", arrived: datetime | None = None) -> Record:
    """An accepted login."""
    taken = {"user_id": user, "timestamp": at, "arrived_at": arrived or at, "country": country}
    return {**taken, "refused_reason": None, "refused_raw": None}


def step(at: datetime, took: float, user: str = "u", name: str = "quiz", arrived: datetime | None = None) -> Record:
    """An accepted step."""
    taken = {"user_id": user, "timestamp": at, "arrived_at": arrived or at, "feature": "lesson", "step": name}
    return {**taken, "duration_ms": took, "refused_reason": None, "refused_raw": None}


def refused(stream: str, arrived: datetime, reason: str, raw: str) -> Record:
    """A record that was refused when it was sent."""
    empty = dict.fromkeys(SCHEMAS[stream])
    return {**empty, "arrived_at": arrived, "refused_reason": reason, "refused_raw": raw}


def _segment(chance: random.Random, stream: str, number: int) -> tuple[Drop, Drop]:
    hour = chance.choice(MOMENTS).replace(minute=0, second=0, microsecond=0) + timedelta(
        hours=chance.choice([0, 0, 1, 24, 500])
    )
    return segment(stream, hour, _records(chance, stream, hour), number + 1)


def _records(chance: random.Random, stream: str, hour: datetime) -> list[Record]:
    records = []
    for _ in range(chance.randint(1, 15)):
        arrived = hour.replace(minute=0) + timedelta(
            seconds=chance.randrange(3600), microseconds=chance.choice([0, 1, 999_999])
        )
        delay = timedelta(seconds=chance.choice([0, 1, 59, 60, 61, 119, 120, 180, 3600, 7200, 86_400, 900_000]))
        at = chance.choice(
            [arrived - delay, arrived.replace(second=0, microsecond=0) - timedelta(minutes=1) - LATENESS]
        )
        user = chance.choice(["a", "A", "b ", "7", "long" * 9])
        if chance.random() < 0.1:
            records.append(
                refused(stream, arrived, chance.choice(["in_the_future", "`user_id` is missing"]), '{"x": 1}')
            )
        elif stream == "logins":
            records.append(login(at, user, chance.choice(COUNTRIES), arrived))
        else:
            records.append(
                step(at, chance.choice([0.0, 1.5, 250.0, 1003.7, 1e7]), user, chance.choice(["quiz", "video"]), arrived)
            )
    return records
