"""What any source must do is little: a list with numbers is one. The log lets nothing be passed over."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from songify_assets.errors import BrokerUnreachable
from songify_assets.live import bodies, sources
from songify_assets.live.batches import Batches
from songify_assets.live.entries import Entry
from songify_assets.live.events import Batch, Origin, Receipt, Waiting
from songify_assets.live.home import Place
from songify_assets.live.intake import Intake
from songify_assets.live.server import Parts
from songify_assets.serving.problems import Problem
from songify_assets.settings import Settings


class Offsets:
    """Entries numbered from 0, as partitions of a log have them; every third read breaks off."""

    name = where = "a list"

    def __init__(self, entries: list[dict[str, bytes]]) -> None:
        self.entries, self.next, self.reads = entries, 0, 0

    def is_after(self, position: str, other: str) -> bool:
        return int(position) > int(other)

    async def open(self, after: str) -> None:
        self.next = max(int(after or -1) - 1, 0)  # also one that was taken

    async def read(self) -> Sequence[Entry]:
        self.reads += 1
        if self.reads % 3 == 0:
            raise BrokerUnreachable("it broke off", where=self.name, remedy="Wait.")
        await asyncio.sleep(0.001)
        first, self.next = self.next, min(self.next + 2, len(self.entries))
        return [Entry(str(at), self.entries[at]) for at in range(first, self.next)]

    async def done(self, entries: Sequence[Entry]) -> None:
        pass

    async def behind(self) -> int | None:
        return len(self.entries) - self.next

    async def close(self) -> None:
        pass


@pytest.fixture
def parts(tmp_path: Path):
    made = Parts(Settings(home=tmp_path), Place(tmp_path))
    intake = Intake(made.log, made.known, made.clock, made.counts)
    intake.start()
    yield made, intake, Batches(made.clock.look, 0)
    intake.stop()


def login(user: str) -> dict[str, bytes]:
    return {"body": json.dumps({"user_id": user, "timestamp": 1_700_000_000_000}).encode()}


def test_a_source_that_breaks_off_and_repeats_counts_once(parts, monkeypatch: pytest.MonkeyPatch):
    made, intake, batches = parts
    of_values = bodies.of_values

    def stumbling(values, broken):
        if values[0].get("user_id") == "u7":
            raise ZeroDivisionError
        return of_values(values, broken)

    monkeypatch.setattr(bodies, "of_values", stumbling)
    monkeypatch.setattr(sources, "FIRST_PAUSE_S", 0.001)
    source = Offsets([login(f"u{n}") for n in range(20)])
    follower = sources.Follower("logins", source, intake, batches)

    async def follow() -> None:
        follower.start()
        while (
            follower.taken < 20
        ):  # told after the log has them: a follower that is stopped between the two has not counted
            await asyncio.sleep(0.01)
        follower.stop()
        with suppress(asyncio.CancelledError):
            await follower._task

    asyncio.run(asyncio.wait_for(follow(), 120))
    made.counts.catch_up()
    assert made.counts.totals["accepted logins"] == 19
    assert made.counts.totals["refused logins"] == 1  # what we stumbled over stops nothing, and is kept
    assert follower.taken == 20
    assert follower.known > 0


def test_a_batch_that_does_not_follow_the_place_of_the_log_is_not_written(parts):
    made, intake, batches = parts

    def batch(number: int, after: str, position: str) -> Batch:
        records = bodies.records_of(login(f"u{number}")["body"], "")
        return batches.of("logins", records, None, b"", Origin("a", after, position))

    async def offered(*given: Batch) -> list[Receipt | BaseException]:
        loop = asyncio.get_running_loop()
        waiting = [Waiting(one, loop.create_future(), loop) for one in given]
        for one in waiting:
            intake.offer(one)
        return await asyncio.gather(*(one.answer for one in waiting), return_exceptions=True)

    [gap] = asyncio.run(offered(batch(2, "1", "2")))
    assert isinstance(gap, Problem)
    assert (gap.status, "not in the log" in gap.what, intake.position("a")) == (503, True, "")
    first, again, second = asyncio.run(offered(batch(1, "", "1"), batch(1, "", "1"), batch(2, "1", "2")))
    assert [isinstance(one, Problem) for one in (first, again, second)] == [False, True, False]
    assert intake.position("a") == "2"
    made.counts.catch_up()
    assert made.counts.totals["accepted logins"] == 2
