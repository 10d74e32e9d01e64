"""Ten loads under readers: no error, and what a connection sees belongs to one load."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from songify_assets.orchestration.publish import published_table
from songify_assets_tests import warm
from songify_assets_tests.home import csv, new_home, plain_environment, plays

DAY = "2021-12-01"
SUMS = """SELECT (SELECT count(*) FILTER (is_counted) FROM royalties.plays),
                 (SELECT sum(plays) FROM royalties.market_share_daily), (SELECT sum(plays) FROM royalties.market_share)"""
# Reads until it is told to stop, with one connection or a new one each time; prints what it saw, in order.
READER = """
import json, pathlib, sys, time, duckdb
warehouse, stop, sums, keeps_open = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "one"
kept, seen = duckdb.connect(warehouse, read_only=True), []
if not keeps_open:
    kept.close()
print("reading", flush=True)
while not stop.exists():
    connection = kept if keeps_open else duckdb.connect(warehouse, read_only=True)
    seen.append(connection.sql(sums).fetchall()[0])
    if not keeps_open:
        connection.close()
    time.sleep(0.01)
print(json.dumps(list(dict.fromkeys(seen))))
"""


class Readers:
    """Two readers of a warehouse: one that keeps its connection open, and one that opens anew each time."""

    def __init__(self, warehouse: Path, stop: Path) -> None:
        self.stop = stop
        self.processes = {how: _reader(warehouse, stop, how) for how in ("one", "anew")}

    def end(self) -> dict[str, Sequence[tuple[int, ...]]]:
        """Counted plays, and their sums in the daily and the monthly mart, as each reader saw them one after another."""
        self.stop.touch()
        seen = {}
        for how, process in self.processes.items():
            out, err = process.communicate()
            assert process.returncode == 0, err
            seen[how] = [tuple(sums) for sums in json.loads(out)]
        return seen


def _reader(warehouse: Path, stop: Path, how: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", READER, str(warehouse), str(stop), SUMS, how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=plain_environment(),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    return process


def load_of_large_tables() -> None:
    """A load for which each table is large: the warehouse reads links to the files of the lake."""
    published_table.TABLE_BYTES = 0
    warm.songify()


def test_ten_loads_disturb_no_reader_and_none_sees_half_of_a_load(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    home.deliver("royalties", DAY, "locations.csv", csv("id,country", "se,SE"))
    home.deliver("royalties", DAY, "tracks.csv", csv("id,licensor", "a,Norr"))
    environment = {**plain_environment(), "SONGIFY_HOME": str(home.path), "SONGIFY_SETTLE_SECONDS": "0"}
    for number in range(1, 12):
        home.deliver("royalties", DAY, "plays.csv", plays(*(f"se,a,{60_000 + play}" for play in range(number))))
        loaded = warm.run(load_of_large_tables, argv=("load",), env=environment, cwd=home.path)
        assert loaded.status == 0, loaded.text
        if number == 1:
            readers = Readers(home.path / "warehouse.duckdb", tmp_path / "stop")
    seen = readers.end()
    assert seen["one"] == [(1, 1, 1)], "it goes on seeing the load that it opened"
    assert [set(sums) for sums in seen["anew"]] == [{sums[0]} for sums in seen["anew"]], "facts and marts agree"
    assert len(seen["anew"]) > 1
    assert home.rows(SUMS) == [(11, 11, 11)]
