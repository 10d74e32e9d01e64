"""Records as a batch: read, checked, and packed for the log. HTTP and brokers alike."""

from collections.abc import Callable

from songify_assets.live.bodies import Records
from songify_assets.live.events import Batch, Origin, pack
from songify_assets.live.records import STREAMS, read_events


class Batches:
    """Makes batches; `now_us` is the clock, `first_us` the first instant that tables have a place for."""

    def __init__(self, now_us: Callable[[], int], first_us: int) -> None:
        self._now_us, self._first_us = now_us, first_us

    def of(
        self, stream: str, records: Records, key: bytes | None, digest: bytes, origin: Origin | None = None
    ) -> Batch:
        """The batch of some records of a stream."""
        events, refused = read_events(records, STREAMS[stream], self._first_us, self._now_us())
        return Batch(stream, events, pack(events), tuple(refused), key, digest, origin)
