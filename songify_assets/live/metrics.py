"""What `/metrics` tells, as Prometheus reads it: counts since the process began."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from songify_assets.live.counts import Counts
from songify_assets.live.records import STREAMS
from songify_assets.live.sources import Follower

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """Counts what the server does; the rest it asks of the counts."""

    def __init__(self, counts: Counts, followers: Sequence[Follower]) -> None:
        self._counts, self._followers = counts, followers
        self.requests: Counter[tuple[str, int]] = Counter()
        self.duplicates = 0
        self._took, self._took_s = [0] * (len(BUCKETS_S) + 1), 0.0

    def answered(self, stream: str, status: int, took_s: float) -> None:
        """A batch was answered."""
        self.requests[stream, status] += 1
        self._took[bisect_left(BUCKETS_S, took_s)] += 1
        self._took_s += took_s

    def text(self, takes_events: bool, waiting_bytes: int) -> str:
        """The document."""
        totals = self._counts.totals
        lines = [
            *_family("events_total", "counter", "Events that were accepted.",
                     [(f'stream="{stream}"', totals[f"accepted {stream}"]) for stream in STREAMS]),
            *_family("refused_total", "counter", "Records that were refused.",
                     [(f'stream="{stream}"', totals[f"refused {stream}"]) for stream in STREAMS]),
            *_family("late_total", "counter", "Accepted events that came late.", [("", totals["late"])]),
            *_family("too_old_total", "counter", "Accepted events that were over 24 hours old.", [("", totals["too_old"])]),
            *_family("duplicates_total", "counter", "Batches that came again under their key.", [("", self.duplicates + sum(one.known for one in self._followers))]),
            *_family("requests_total", "counter", "Batches by answer.",
                     [(f'stream="{stream}",status="{status}"', n) for (stream, status), n in sorted(self.requests.items())]),
            *self._histogram(),
            *_family("as_of_seconds", "gauge", "The instant up to which all that was accepted is counted.",
                     [("", self._counts.as_of_us / 1_000_000)]),
            *_family("waiting_bytes", "gauge", "Bytes of batches that wait for their answer.", [("", waiting_bytes)]),
            *_family("takes_events", "gauge", "1 while events are taken.", [("", int(takes_events))]),
            *self._sources(),
        ]  # fmt: skip
        return "\n".join(lines) + "\n"

    def _sources(self) -> list[str]:
        by_stream = [(f'stream="{one.stream}"', one) for one in self._followers]
        if not by_stream:
            return []
        return [
            *_family("source_up", "gauge", "1 while the broker's stream is read.",
                     [(label, int(one.is_read)) for label, one in by_stream]),
            *_family("source_behind", "gauge", "Entries of the broker's stream that are not taken yet, where it tells.",
                     [(label, one.behind) for label, one in by_stream if one.behind is not None]),
            *_family("source_entries_total", "counter", "Entries of the broker's stream that were taken.",
                     [(label, one.taken) for label, one in by_stream]),
        ]  # fmt: skip

    def _histogram(self) -> list[str]:
        name, so_far = "songify_live_answer_seconds", 0
        lines = [f"# HELP {name} How long senders waited.", f"# TYPE {name} histogram"]
        for limit, count in zip([*map(str, BUCKETS_S), "+Inf"], self._took, strict=True):
            so_far += count
            lines.append(f'{name}_bucket{{le="{limit}"}} {so_far}')
        return [*lines, f"{name}_sum {self._took_s}", f"{name}_count {so_far}"]


def _family(name: str, kind: str, about: str, samples: list[tuple[str, float]]) -> list[str]:
    full = f"songify_live_{name}"
    values = [f"{full}{{{labels}}} {value}" if labels else f"{full} {value}" for labels, value in samples]
    return [f"# HELP {full} {about}", f"# TYPE {full} {kind}", *values]
