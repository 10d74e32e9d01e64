"""A vendor's accident does no harm: a dump that lacks too many keys is held until it is approved or superseded."""

import getpass
import json
from pathlib import Path

from songify_assets_tests.home import books, new_home

TEN = [f"Book {n}" for n in range(10)]
CURRENT = "SELECT count(*) FILTER (is_current), count(*) FROM vendor.books_history"


def test_a_dump_that_lacks_too_many_keys_is_held_released_by_approval_and_superseded_by_the_next(
    tmp_path: Path,
) -> None:
    home = new_home(tmp_path / "home")
    home.deliver("vendor", "2021-12-01", "books.json", books(*TEN))
    assert home.songify("load").status == 0

    home.deliver("vendor", "2021-12-02", "books.json", books(*TEN[:4]))
    held = home.songify("load")
    assert held.status == 1
    assert "lacks 6 of the 10 keys of 2021-12-01 (60%, limit 20%): book 4, book 5, book 6" in held.out
    assert "songify approve raw/books 2021-12-02 --reason TEXT" in held.out
    assert home.rows(CURRENT) == [(10, 10)]
    status = json.loads(home.songify("status", "--json").out)
    assert [one["held"] for one in status["assets"] if one["asset"] == "raw/books"] == [["2021-12-02"]]

    home.deliver("vendor", "2021-12-03", "books.json", books(*TEN[:9]))
    assert home.songify("load").status == 0
    assert home.rows(CURRENT) == [(9, 10)]

    released = home.songify("approve", "raw/books", "2021-12-02", "--reason", "sold to a rival")
    assert released.status == 0, released.text
    ended = home.rows(
        "SELECT valid_to::VARCHAR, count(*) FROM vendor.books_history WHERE ended_by = 'deleted' GROUP BY 1"
    )
    assert ended == [("2021-12-02", 6)]
    assert home.rows(CURRENT) == [(9, 15)]
    assert home.rows("SELECT count(*) FROM vendor.books_history WHERE change = 'restored'") == [(5,)]
    again = home.songify("approve", "raw/books", "2021-12-02", "--reason", "twice")
    assert (again.status, "is not held" in again.text) == (2, True)

    import sqlite3

    with sqlite3.connect(home.path / "ledger.sqlite") as ledger:
        kept = ledger.execute("SELECT approved_by, reason, approved_at > '2021' FROM approvals").fetchall()
    assert kept == [(getpass.getuser(), "sold to a rival", 1)]

    home.deliver("vendor", "2021-12-02", "books.json", books(*TEN[:3]))
    assert home.songify("load").status == 1, "a correction is judged anew"
    assert home.rows(CURRENT) == [(9, 10)]

    home.deliver("vendor", "2021-12-01", "books.json", books(*TEN[:3]))
    assert home.songify("load").status == 0, "it is judged again when its predecessor changes"
    assert home.rows("SELECT count(*) FROM vendor.books_history WHERE valid_from = '2021-12-01'") == [(3,)]
