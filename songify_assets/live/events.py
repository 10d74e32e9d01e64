"""Batches of events: what a request brought, and how the log keeps it."""

import io
from asyncio import AbstractEventLoop, Future
from dataclasses import dataclass
from typing import NamedTuple

import orjson
import polars as pl
import zstandard

from songify_assets.live.records import Refused

HOUR_US, MINUTE_US, SECOND_US = 3_600_000_000, 60_000_000, 1_000_000
DAY_S = 86_400


@dataclass(frozen=True)
class Receipt:
    """What the sender of a batch is told."""

    accepted: int
    refused: tuple[tuple[int, str], ...]
    is_duplicate: bool = False

    @property
    def body(self) -> bytes:
        """As JSON."""
        refused = [{"record": record, "reason": reason} for record, reason in self.refused]
        return orjson.dumps({"accepted": self.accepted, "refused": refused, "duplicate": self.is_duplicate})


class Origin(NamedTuple):
    """Where in a broker's stream a batch lies: it follows what ends at `after`, and ends at `position`."""

    source: str
    after: str
    position: str


@dataclass(frozen=True)
class Batch:
    """The events of a request; `key` and `digest` tell batches apart, both hashes of 16 bytes; without a key each is its own."""

    stream: str
    events: pl.DataFrame
    packed: bytes
    refused: tuple[Refused, ...]
    key: bytes | None
    digest: bytes
    origin: Origin | None = None

    @property
    def receipt(self) -> Receipt:
        """What is told of it the first time."""
        return Receipt(len(self.events), tuple((one.record, one.reason) for one in self.refused))


@dataclass(frozen=True)
class Waiting:
    """A batch whose sender waits for the answer."""

    batch: Batch
    answer: "Future[Receipt]"
    loop: AbstractEventLoop


def pack(events: pl.DataFrame) -> bytes:
    """Events as the log keeps them: an Arrow stream, packed with zstd."""
    out = io.BytesIO()
    events.write_ipc_stream(out, compression="zstd")
    return out.getvalue()


def unpack(packed: bytes) -> pl.DataFrame:
    """The events again."""
    return pl.read_ipc_stream(packed)


def pack_refused(refused: tuple[Refused, ...]) -> bytes | None:
    """Refused records as the log keeps them; None without any."""
    return zstandard.compress(orjson.dumps([tuple(one) for one in refused])) if refused else None


def unpack_refused(packed: bytes | None) -> tuple[Refused, ...]:
    """The refused records again."""
    return tuple(Refused(*one) for one in orjson.loads(zstandard.decompress(packed))) if packed else ()
