"""Which recording is this video: messy titles, versions, several codes; how often it is right; what people decide lasts."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from songify_assets.datasets.playlists.transforms.keys import recording_keys, video_keys
from songify_assets.datasets.playlists.transforms.matching import decide, find_candidates
from songify_assets_tests.home import REAL_DATA, needs_real_data, new_home
from songify_assets_tests.in_process import InProcess

LABELS = Path(__file__).with_name("labels.csv")
DAY = date(2022, 5, 19)
VIDEO = {"artist_name": None, "track_title": None}
CATALOGUE = [
    ("GBAHS2100318", "Bad Habits", "Ed Sheeran"),
    ("GBAHS2100319", "Bad Habits (Joel Corry Remix)", "Ed Sheeran"),
    ("GBAHS2100320", "Bad Habits - Live at the BRITs", "Ed Sheeran"),
    ("USSM11706905", "Havana (feat. Young Thug)", "Camila Cabello"),
    ("GBMNA1811133", "Havana", "Camila Cabello"),
    ("USUM71804190", "Girls Like You (feat. Cardi B)", "Maroon 5"),
    ("USRC11301695", "Timber (feat. Ke$ha)", "Pitbull"),
    ("KRA401000001", "Dynamite", "BTS"),
    ("BRUM72200004", "Vontade De Morder", "Simone & Simaria"),
    ("USAT22202139", "About Damn Time", "Lizzo"),
    ("USAT22203696", "About Damn Time", "Lizzo"),
    ("USUM71909999", "Sunshine - Acoustic Version", "OneRepublic"),
    ("USWB19901214", "Se\u00f1orita\u2019s Song", "Beyoncé"),
    ("SEUM71401516", "Hallelujah", "P!nk"),
]


def found(title: str, artist: str | None = None, track: str | None = None) -> dict[str, Any]:
    """What a video is, by the catalogue above."""
    columns = {
        "video_id": ["v"],
        "title": [title],
        "artist_name": [artist],
        "track_title": [track],
        "first_seen_on": [DAY],
    }
    texts = {"artist_name": pl.String, "track_title": pl.String}
    videos = pl.LazyFrame(columns, schema_overrides=texts)
    recordings = pl.LazyFrame(CATALOGUE, schema=["isrc_key", "track", "artist"], orient="row")
    keys = recording_keys(recordings.with_columns(is_deleted=False))
    decided = decide(videos, find_candidates(video_keys(videos), keys)).collect()
    return decided.row(0, named=True)


@pytest.mark.parametrize(
    ("title", "isrcs"),
    [
        ("Ed Sheeran - Bad Habits [Official Video]", ["GBAHS2100318"]),
        ("ED SHEERAN \u2013 \u201cBad Habits\u201d (Clip Officiel) [4K]", ["GBAHS2100318"]),
        ("Bad Habits - Ed Sheeran (Video Oficial)", ["GBAHS2100318"]),
        ("Ed Sheeran: Bad Habits | Lyrics \U0001f525", ["GBAHS2100318"]),
        ("Ed Sheeran - Bad Habits (Joel Corry Remix)", ["GBAHS2100319"]),
        ("Ed Sheeran - Bad Habits (Live at the BRITs)", ["GBAHS2100320"]),
        ("Camila Cabello - Havana ft. Young Thug", ["USSM11706905"]),
        ("Camila Cabello - Havana", ["GBMNA1811133"]),
        ("Maroon 5 x Cardi B \u2014 Girls Like You (Official Music Video)", ["USUM71804190"]),
        ("Pitbull feat. Kesha - Timber", ["USRC11301695"]),
        ("BTS (\ubc29\ud0c4\uc18c\ub144\ub2e8) 'Dynamite' Official MV", ["KRA401000001"]),
        ("BTS DYNAMITE OFFICIAL M/V", ["KRA401000001"]),
        ("Simone e Simaria, Ze Felipe - Vontade de Morder (CLIPE OFICIAL)", ["BRUM72200004"]),
        ("Lizzo - About Damn Time", ["USAT22202139", "USAT22203696"]),
        ("Beyonce - Senorita's Song", ["USWB19901214"]),
        ("Pink - Hallelujah (Audio)", ["SEUM71401516"]),
    ],
)
def test_a_messy_title_is_its_recording_with_all_its_codes(title: str, isrcs: list[str]):
    told = found(title)
    assert (told["state"], told["isrcs"]) == ("matched", isrcs), told


def test_the_channel_of_an_artist_is_the_artist():
    assert found("Bad Habits", "Ed Sheeran - Topic", "Bad Habits")["isrcs"] == ["GBAHS2100318"]


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("OneRepublic - Sunshine (Official Lyric Video)", "another version: acoustic"),
        ("Maroon 5 - Girls Like You (sped up)", "another version: the plain one"),
        ("Ed Sheeran - Bad Habits (Meduza Remix)", "another version: remix"),
        ("Lizzo - About Damn Time (Karaoke Version)", "another version: the plain one"),
    ],
)
def test_of_another_version_the_candidates_tell_and_nothing_is_named(title: str, why: str):
    told = found(title)
    assert (told["state"], told["isrcs"]) == ("other_version", [])
    assert why in {candidate["why_not"] for candidate in told["candidates"]}


@pytest.mark.parametrize("title", ["Havana", "Ed Sheeran - Shivers", "Dynamite - Taio Cruz", "\u266a\u266a", ""])
def test_nothing_is_guessed_without_artist_and_song(title: str):
    assert found(title)["state"] == "unmatched"


def measured(decided: pl.DataFrame) -> tuple[float, float]:
    """Precision and recall of `matched` against the labels."""
    with LABELS.open() as file:
        labels = {row["video_id"]: row["isrcs"].split() for row in csv.DictReader(file)}
    told = {
        video: isrcs
        for video, state, isrcs in decided.select("video_id", "state", "isrcs").rows()
        if state == "matched"
    }
    right = sum(told.get(video) == isrcs for video, isrcs in labels.items() if isrcs)
    return right / sum(video in told for video in labels), right / sum(map(bool, labels.values()))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> InProcess:
    """The product with the real playlists and the real catalogue."""
    product = InProcess(tmp_path_factory.mktemp("matching") / "home")
    for name in ("youtube_playlist.json", "cm_track.csv"):
        product.deliver("playlists", "2022-05-23", name, (REAL_DATA / "playlists" / name).read_text())
    assert not product.load().outcome.failures
    return product


@needs_real_data
def test_of_the_labelled_real_videos_nearly_all_are_right(loaded: InProcess):
    decided = pl.read_parquet(loaded.home / "lake/playlists/recording_matches/*/*.parquet", hive_partitioning=False)
    precision, recall = measured(decided)
    assert precision >= 0.98
    assert recall >= 0.90


@needs_real_data
def test_what_has_all_codes_is_not_ambiguous_and_every_video_is_decided_once(loaded: InProcess):
    sql = """SELECT count(*), count(DISTINCT video_id), count(*) FILTER (state = 'matched' AND len(isrcs) = 0),
                    count(*) FILTER (state = 'unmatched' AND len(isrcs) > 0), count(*) FILTER (isrcs <> list_sort(isrcs))
             FROM playlists.recording_matches"""
    assert loaded.ask(sql) == [(1046, 1046, 0, 0, 0)]


def listed(*titles: str) -> str:
    """A delivery of one playlist with these videos, named by their number."""
    shared = {
        "playlist_id": "P",
        "playlist_name": "Hits",
        "artwork_url": "",
        "channel_id": "C",
        "views": 1,
        "num_videos": 9,
    }
    items = [
        {
            **shared,
            **VIDEO,
            "timestp": "2022-05-19T12:00:00",
            "video_id": f"-v{n}",
            "title": title,
            "image_url": "",
            "position": n,
        }
        for n, title in enumerate(titles)
    ]
    return json.dumps(items)


def rows_of(*recordings: tuple[str, str, str]) -> str:
    lines = [f'1,"{track}","{isrc}",1,"{artist}"' for isrc, track, artist in recordings]
    return "\n".join(['"cm_track","track","isrc","cm_artist","artist"', *lines, ""])


def decisions(product: InProcess) -> dict[str, tuple[Any, ...]]:
    rows = product.ask("SELECT video_id, state, isrcs, decided_at FROM playlists.recording_matches")
    return {video: tuple(rest) for video, *rest in rows}


def test_a_catalogue_that_grew_decides_anew_only_what_it_may_change(product: InProcess):
    product.deliver(
        "playlists", "2022-05-20", "youtube_playlist.json", listed("Lizzo - About Damn Time", "Ed Sheeran - Bad Habits")
    )
    product.deliver("playlists", "2022-05-20", "cm_track.csv", rows_of(CATALOGUE[0]))
    product.load()
    before = decisions(product)
    assert {video: state for video, (state, *_) in before.items()} == {"-v0": "unmatched", "-v1": "matched"}
    product.deliver("playlists", "2022-05-21", "cm_track.csv", rows_of(CATALOGUE[0], CATALOGUE[9], CATALOGUE[10]))
    product.load()
    after = decisions(product)
    assert after["-v0"][:2] == ("matched", ["USAT22202139", "USAT22203696"])
    assert after["-v1"] == before["-v1"], "it is decided as before, and since then"
    product.deliver("playlists", "2022-05-22", "cm_track.csv", rows_of(CATALOGUE[0], *CATALOGUE[7:11]))
    report = product.load()
    assert "playlists/recording_matches" not in report.outcome.computed, "no video shares a block with what is new"


@pytest.mark.long
def test_what_somebody_decided_wins_and_lasts_through_reloads_and_a_lost_ledger(tmp_path: Path):
    home = new_home(tmp_path / "home")
    home.deliver("playlists", "2022-05-20", "youtube_playlist.json", listed("Lizzo - About Damn Time"))
    home.deliver("playlists", "2022-05-20", "cm_track.csv", rows_of(CATALOGUE[9]))
    home.load()
    sql = "SELECT state, isrcs, decided_by = 'rules' FROM playlists.recording_matches"
    assert home.rows(sql) == [("matched", ["USAT22202139"], True)]
    said = home.songify("match", "-v0", "ISRC GB-AJY-12-34567", "us-at2-22-02139", "--reason", "heard both")
    assert (said.status, "GBAJY1234567, USAT22202139" in said.out) == (0, True)
    hand = [("matched", ["GBAJY1234567", "USAT22202139"], False)]
    assert home.rows(sql) == hand
    home.deliver("playlists", "2022-05-20", "youtube_playlist.json", listed("Lizzo - About Damn Time (Official Video)"))
    home.deliver("playlists", "2022-05-21", "cm_track.csv", rows_of(CATALOGUE[9], CATALOGUE[10]))
    home.load()
    assert home.rows(sql) == hand
    (home.path / "ledger.sqlite").unlink()
    assert home.songify("rebuild").status == 0
    assert home.rows(sql) == hand
    told = home.songify("explain-match", "-v0")
    assert "decided by hand: heard both" in told.out
    assert home.songify("match", "-v0", "none", "--reason", "neither").status == 0
    assert home.rows(sql) == [("unmatched", [], False)]
    assert home.songify("match", "-v0", "--undo").status == 0
    assert home.rows(sql) == [("matched", ["USAT22202139", "USAT22203696"], True)]


def test_what_cannot_be_decided_is_told(tmp_path: Path):
    home = new_home(tmp_path / "home")
    assert "Run `songify load`" in home.songify("explain-match", "v").text
    home.deliver("playlists", "2022-05-20", "youtube_playlist.json", listed("Lizzo - About Damn Time"))
    home.load()
    for args, says in (
        (("match", "-v0", "GB123", "--reason", "x"), "'GB123' is not an ISRC"),
        (("match", "-v0", "--reason", "x"), "no ISRC is given"),
        (("match", "-v0", "none"), "the reason is empty"),
        (("match", "zz", "none", "--reason", "x"), "no video is called 'zz'"),
        (("match", "-v0", "--undo"), "nothing was decided by hand"),
        (("match", "-v0", "none", "--undo"), "a code and --undo are given"),
        (("match", "-v0", "none", "--reson", "x"), "'none' is not an ISRC"),
        (("explain-match", "zz"), "no video is called 'zz'"),
    ):
        told = home.songify(*args)
        assert (told.status, says in told.text) == (2, True), told.text
        assert "Traceback" not in told.text
