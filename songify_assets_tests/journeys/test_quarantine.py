"""What was refused can be listed, shown, mended and brought back in."""

from pathlib import Path

from songify_assets_tests.home import books, csv, new_home


def test_a_mended_record_and_a_mended_file_leave_the_quarantine(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    home.deliver("royalties", "2021-12-01", "tracks.csv", csv("id,licensor", "a1,Licensor A", ",Licensor B", "c1"))
    home.deliver("vendor", "2021-12-01", "books.json", books("Dune")[:-3])
    assert home.songify("load").status == 1

    listed = home.songify("quarantine", "list").out
    assert "tracks@2021-12-01#2" in listed
    assert "vendor/2021-12-01/books.json@2021-12-01" in listed
    shown = home.songify("quarantine", "show", "tracks@2021-12-01#3").out
    assert "has 1 field, not 2" in shown
    assert shown.endswith("c1\n")

    several = home.songify("quarantine", "replay", "tracks@2021-12-01#3", "--raw", "c1,X\nc2,Y")
    assert (several.status, "is not one record of tracks" in several.text) == (2, True), several.text
    still = home.songify("quarantine", "replay", "tracks@2021-12-01#2", "--raw", ",Licensor B")
    assert (still.status, "still refused" in still.text) == (1, True), still.text
    mended = home.songify("quarantine", "replay", "tracks@2021-12-01#2", "--raw", "b1,Licensor B")
    assert mended.status == 0, mended.text
    assert home.rows("SELECT id, licensor FROM royalties.tracks ORDER BY 1") == [
        ("a1", "Licensor A"),
        ("b1", "Licensor B"),
    ]
    assert home.rows("SELECT record FROM quarantine.rows") == [(3,)]

    whole = tmp_path / "books.json"
    whole.write_text(books("Dune", "Emma"))
    replayed = home.songify("quarantine", "replay", "vendor/2021-12-01/books.json@2021-12-01", "--file", str(whole))
    assert replayed.status == 0, replayed.text
    assert home.rows("SELECT count(*) FROM vendor.books") == [(2,)]
    assert home.rows("SELECT count(*) FROM quarantine.files") == [(0,)]
    unknown = home.songify("quarantine", "show", "nothing")
    assert (unknown.status, "songify quarantine list" in unknown.text) == (2, True)
