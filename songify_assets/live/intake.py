"""The group commit: all batches that wait are written in one transaction, and answered once it is on the disk."""

import logging
import queue
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus

from songify_assets.errors import SongifyError, unexpected
from songify_assets.foundation.trouble import of_database, of_file
from songify_assets.live.clock import Clock
from songify_assets.live.counts import Counted, Counts
from songify_assets.live.events import Batch, Receipt, Waiting, unpack, unpack_refused
from songify_assets.live.known import Known
from songify_assets.live.log import Log
from songify_assets.live.problems import unavailable
from songify_assets.serving.problems import Problem

log_ = logging.getLogger("songify.live")
Outcome = Receipt | Problem
MOST_EVENTS, PROBE_S, QUIET = 500_000, 0.5, 3
REMEDY = "Stop `songify live`, put the file aside, and start it again."


class Intake:
    """Takes batches in, in a thread of its own. `trouble` says why it cannot, if it cannot."""

    def __init__(self, log: Log, known: Known, clock: Clock, counts: Counts) -> None:
        self._log, self._known, self._clock, self._counts = log, known, clock, counts
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._last, self._is_unsure = counts.read_to, False
        self.trouble: SongifyError | None = None
        self._thread = threading.Thread(target=self._run, name="intake")

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends, once all that waits is answered."""
        self._queue.put(None)
        self._thread.join()
        self._log.close()

    def offer(self, waiting: Waiting) -> None:
        """Puts a batch in the queue; its answer comes as its future."""
        self._queue.put(waiting)

    def position(self, source: str) -> str:
        """Up to where a broker's stream was taken; "" if nothing was."""
        return self._log.positions.get(source, "")

    def trouble_now(self) -> SongifyError | None:
        """Why no events can be taken now, as far as is known; None if they can."""
        try:
            self._counts.check()
            self._clock.now_us()
        except SongifyError as error:
            return error
        return self.trouble

    def _run(self) -> None:
        is_last, idle = False, 0
        while not is_last:
            group, events = list[Waiting](), 0
            try:
                one = self._queue.get(timeout=PROBE_S)
            except queue.Empty:
                idle += 1
                self._probe(idle)
                continue
            idle = 0
            while one is not None:
                group.append(one)
                events += len(one.batch.events)
                if events >= MOST_EVENTS or self._queue.empty():
                    break
                one = self._queue.get()
            is_last = one is None
            if group:
                _answer(group, self._outcomes([waiting.batch for waiting in group]))

    def _probe(self, idle: int) -> None:
        """Looks whether events can be taken again, though nobody sends any; in a quiet time no file stays open."""
        if self.trouble is None:
            if idle == QUIET:
                self._log.close()
        else:
            try:
                self._log.probe(self._clock.now_us())
                self._make_sure()
            except (sqlite3.Error, OSError, SongifyError) as error:
                self._tell(_for_people(error, self._log))
            else:
                self._tell(None)

    def _outcomes(self, batches: Sequence[Batch]) -> list[Outcome]:
        try:
            self._counts.check()
            now_us = self._clock.now_us()
            self._make_sure()
            fresh, positions, outcomes = self._sorted_out(batches)
            if fresh or positions != self._log.positions:
                self._write(fresh, positions, now_us)
        except (sqlite3.Error, OSError, SongifyError) as error:
            self._is_unsure |= not isinstance(error, SongifyError)
            trouble = _for_people(error, self._log)
            self._tell(trouble)
            return [unavailable(trouble)] * len(batches)
        except Exception as error:  # a mistake of ours must not leave senders waiting
            log_.exception("songify live")
            self._is_unsure = True
            return [unavailable(unexpected(error, "songify live"))] * len(batches)
        self._tell(None)
        return outcomes

    def _sorted_out(self, batches: Sequence[Batch]) -> tuple[list[Batch], Mapping[str, str], list[Outcome]]:
        """Those that are to be written, up to where each source is taken then, and what is answered to each batch."""
        firsts = self._found([batch.key for batch in batches if batch.key is not None])
        fresh, positions, outcomes = list[Batch](), dict(self._log.positions), list[Outcome]()
        for batch in batches:
            if batch.origin is not None:
                source, after, position = batch.origin
                if positions.get(source, "") != after:
                    outcomes.append(_gap(source))
                    continue
                positions[source] = position
            if batch.key is None or batch.key not in firsts:
                fresh.append(batch)
                outcomes.append(batch.receipt)
                if batch.key is not None:
                    firsts[batch.key] = batch.digest, batch.receipt
                continue
            digest, receipt = firsts[batch.key]
            is_same = digest == batch.digest
            outcomes.append(Receipt(receipt.accepted, receipt.refused, True) if is_same else _other_bytes())
        return fresh, positions, outcomes

    def _found(self, keys: list[bytes]) -> dict[bytes, tuple[bytes, Receipt]]:
        by_hour: dict[int, list[bytes]] = {}
        for key, hours in self._known.hours_of(keys).items():
            for hour in hours:
                by_hour.setdefault(hour, []).append(key)
        found = {}
        for hour, wanted in by_hour.items():
            for key, (digest, accepted, refused) in self._log.batches_of(hour, wanted).items():
                told = tuple((one.record, one.reason) for one in unpack_refused(refused))
                found[key] = digest, Receipt(accepted, told)
        return found

    def _write(self, fresh: list[Batch], positions: Mapping[str, str], now_us: int) -> None:
        places = self._log.append(fresh, now_us, positions)
        if not fresh:
            return
        self._last = places[-1]
        self._known.add([batch.key for batch in fresh], self._last.hour)
        self._counts.add(
            [
                Counted(place, batch.stream, now_us, batch.events, batch.refused)
                for place, batch in zip(places, fresh, strict=True)
            ]
        )

    def _make_sure(self) -> None:
        """After an error nobody knows whether a transaction is on the disk: what is there counts."""
        if not self._is_unsure:
            return
        self._log.read_positions()
        for position, row in self._log.after(self._last):
            self._known.add(self._log.keys(position.hour), position.hour)
            self._counts.add(
                [Counted(position, row.stream, row.arrived_at, unpack(row.events), unpack_refused(row.refused))]
            )
            self._last = position
        self._is_unsure = False

    def _tell(self, trouble: SongifyError | None) -> None:
        if str(trouble) != str(self.trouble):
            log_.warning("songify live: %s", trouble or "events are taken again")
        self.trouble = trouble


def _for_people(error: sqlite3.Error | OSError | SongifyError, log: Log) -> SongifyError:
    if isinstance(error, sqlite3.Error):
        return of_database(error, log.folder, REMEDY)
    return of_file(error) if isinstance(error, OSError) else error


def _other_bytes() -> Problem:
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "a batch with other bytes came under this key",
        where="Idempotency-Key",
        remedy="Give each batch a key of its own.",
    )


def _gap(source: str) -> Problem:
    what, remedy = "what comes before this batch is not in the log", "It is read again from there on."
    return unavailable(SongifyError(what, where=source, remedy=remedy))


def _answer(group: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
    """Tells all senders at once, each loop in its own thread."""

    def settle() -> None:
        for waiting, outcome in zip(group, outcomes, strict=True):
            if waiting.answer.done():
                continue  # the sender has gone
            if isinstance(outcome, Problem):
                waiting.answer.set_exception(outcome)
            else:
                waiting.answer.set_result(outcome)

    with suppress(RuntimeError):  # the server has ended, and nobody waits any more
        group[0].loop.call_soon_threadsafe(settle)
