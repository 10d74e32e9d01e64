"""The answers of one publication that were asked for lately, up to so many bytes: the one least lately asked for goes first."""

import time
from collections import OrderedDict
from dataclasses import dataclass

from songify_assets.serving.answers import Answer

MOST_BYTES, MOST_BYTES_OF_ONE = 64 << 20, 8 << 20
# What an answer answers: path, query and media type.
Key = tuple[str, str, str]


@dataclass
class _Kept:
    answer: Answer
    asked_at: float


class AnswerCache:
    """Used by the event loop alone."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key) -> Answer | None:
        """The answer, if it is kept."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        kept.asked_at = time.monotonic()
        self._kept.move_to_end(key)
        return kept.answer

    def put(self, key: Key, answer: Answer, asked_at: float | None = None) -> None:
        """Keeps an answer that was asked for just now, or then, unless it is larger than one should be."""
        if answer.size > MOST_BYTES_OF_ONE or key in self._kept:
            return
        self._kept[key] = _Kept(answer, time.monotonic() if asked_at is None else asked_at)
        self._bytes += answer.size + len(key[1])
        while self._bytes > MOST_BYTES:
            gone, kept = self._kept.popitem(last=False)
            self._bytes -= kept.answer.size + len(gone[1])

    def asked_within(self, seconds: float) -> list[tuple[Key, float]]:
        """What was asked for in the last seconds, the latest first, and when."""
        since = time.monotonic() - seconds
        return [(key, kept.asked_at) for key, kept in reversed(self._kept.items()) if kept.asked_at >= since]
