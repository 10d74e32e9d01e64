"""Lines of listings as servers are known to write them; each tells the name and kind of `plays.csv` or `2021-12-31`."""

import time

import pytest

from songify_assets.foundation.sources.listings import from_list, from_mlsd, instant, number

FILES = {
    "IIS": "12-31-21  11:59PM                 1234 plays.csv",
    "IIS with four digits": "12-31-2021  11:59PM                 1234 plays.csv",
    "IIS with 24 hours": "2021-12-31  23:59                 1234 plays.csv",
    "DOS in German": "31.12.2021  23:59             1.234 plays.csv",
    "DOS in French": "31/12/2021  23:59             1\u00a0234 plays.csv",
    "long-iso": "-rw-r--r-- 1 ftp ftp 1234 2021-12-31 23:59 plays.csv",
    "full-iso": "-rw-r--r-- 1 ftp ftp 1234 2021-12-31 23:59:01.123456789 +0100 plays.csv",
    "iso, recent": "-rw-r--r-- 1 ftp ftp 1234 12-31 23:59 plays.csv",
    "iso, older": "-rw-r--r-- 1 ftp ftp 1234 2021-12-31  plays.csv",
    "English": "-rw-r--r--    1 1000     1000         1234 Dec 31 23:59 plays.csv",
    "English, older": "-rw-r--r--    1 1000     1000         1234 Dec 31  2021 plays.csv",
    "with seconds": "-rw-r--r--  1 me  staff  1234 Dec 31 23:59:59 2021 plays.csv",
    "German": "-rw-r--r-- 1 ftp ftp 1234 31. Dez 23:59 plays.csv",
    "Swedish": "-rw-r--r-- 1 ftp ftp 1234 31 dec  2021 plays.csv",
    "Finnish": "-rw-r--r-- 1 ftp ftp 1234 31. joulu 23:59 plays.csv",
    "French": "-rw-r--r-- 1 ftp ftp 1234 31 déc. 23:59 plays.csv",
    "French in Latin-1": "-rw-r--r-- 1 ftp ftp 1234 d\udce9c. 31 23:59 plays.csv",
    "Russian": "-rw-r--r-- 1 ftp ftp 1234 дек 31 23:59 plays.csv",
    "Russian in KOI8-R": "-rw-r--r-- 1 ftp ftp 1234 \udcc4\udcc5\udccb 31 23:59 plays.csv",
    "Chinese": "-rw-r--r-- 1 ftp ftp 1234 12月 31 23:59 plays.csv",
    "Japanese": "-rw-r--r-- 1 ftp ftp 1234 12月31日 23:59 plays.csv",
    "Korean": "-rw-r--r-- 1 ftp ftp 1234 12월 31  2021 plays.csv",
    "numbers for names": "-rw-r--r-- 1 12 users 2021 Dec 31 23:59 plays.csv",
    "without a group": "-rw-r--r--   1 ftp      1234 Dec 31 23:59 plays.csv",
    "without links": "-rw-r--r--   ftp ftp      1234 Dec 31 23:59 plays.csv",
    "without owners": "----------   1        1234 Dec 31 23:59 plays.csv",
    "a group with a blank": "-rw-r--r-- 1 SHOP+ann SHOP+Domain Users 1234 Dec 31 23:59 plays.csv",
    "an access list": "-rw-r--r--+ 1 ftp ftp 1234 Dec 31 23:59 plays.csv",
}
FOLDERS = {
    "IIS": "12-31-21  11:59PM       <DIR>          2021-12-31",
    "DOS in German": "31.12.2021  23:59    <DIR>          2021-12-31",
    "long-iso": "drwxr-xr-x 2 ftp ftp 4096 2021-12-31 23:59 2021-12-31",
    "iso, older": "drwxr-xr-x 2 ftp ftp 4096 2021-12-31  2021-12-31",
    "English": "drwxr-xr-x    2 ftp ftp         4096 Dec 31  2021 2021-12-31",
    "German": "drwxr-xr-x 2 ftp ftp 4096 31. Dez 23:59 2021-12-31",
    "set bits": "drwsr-sr-t 2 ftp ftp 4096 Dec 31 23:59 2021-12-31",
}


@pytest.mark.parametrize("line", FILES.values(), ids=FILES)
def test_a_file_is_known_by_name_and_kind(line: str) -> None:
    assert from_list(line)[:2] == ("plays.csv", "file")


@pytest.mark.parametrize("line", FOLDERS.values(), ids=FOLDERS)
def test_a_folder_is_known_by_name_and_kind(line: str) -> None:
    assert from_list(line)[:2] == ("2021-12-31", "dir")


@pytest.mark.parametrize(
    "name", [" first.csv", "a  b.csv", "5 12 Dec 2021 x.csv", "Dec 31 23:59 x", "12:30 x", "a -> b"]
)
@pytest.mark.parametrize("style", ["-rw-r--r-- 1 a b 1234 Dec 31 23:59 ", "-rw-r--r-- 1 a b 1234 2021-12-31 23:59 "])
def test_a_name_may_look_like_the_columns_before_it(style: str, name: str) -> None:
    assert from_list(style + name)[:2] == (name, "file")
    assert from_list(f"12-31-21  11:59PM                 1234 {name}")[:2] == (name, "file")


@pytest.mark.parametrize("line", ["", "total 12", "insgesamt 12", "合計 12"])
def test_what_is_no_entry_is_passed_over(line: str) -> None:
    assert from_list(line) is None


@pytest.mark.parametrize(
    "piece", ["1 ", "a ", "1 a ", "Dec 31 ", "12", " ", "31 Dec 1 ", "1 31. Dez ", "2021-12-31 ", "\u6708 1"]
)
def test_a_line_made_to_be_slow_is_not(piece: str) -> None:
    began = time.process_time()
    from_list("-rw-r--r-- 1 " + piece * (8000 // len(piece)))
    from_list("12-31-21  11:59PM " + piece * (8000 // len(piece)))
    assert time.process_time() - began < 0.1


def test_links_and_what_is_no_file_are_known() -> None:
    assert from_list("lrwxrwxrwx 1 a b 9 Dez 31 23:59 latest.csv -> plays.csv")[:2] == ("latest.csv", "link")
    assert from_list("12-31-21  11:59PM    <SYMLINKD>     latest")[:2] == ("latest", "link")
    assert from_list("prw-r--r-- 1 a b 0 Dez 31 23:59 plays.csv")[:2] == ("plays.csv", "odd")
    assert from_list("crw-r--r-- 1 a b 1, 3 Dez 31 23:59 null")[:2] == ("null", "odd")
    assert from_list("anything else").kind == "odd"


def test_a_fact_of_mlsd_that_cannot_be_read_is_left_open() -> None:
    assert from_mlsd("type=file;size=12;modify=20211231235959; a b.csv")[2] == 12
    entry = from_mlsd("type=file;size=soon;modify=99991331000000; plays.csv")
    assert (entry.name, entry.kind, entry.size, entry.modified) == ("plays.csv", "file", None, None)
    assert from_mlsd("plays.csv") is None


@pytest.mark.parametrize("text", ["", "-1", "1.5", "0x10", "\u0663", "1" * 19, "213"[:0]])
def test_a_size_that_is_none_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(
    "text", ["", "0", "2021123123595", "00000000000000", "20211331000000", "\u0662021123123595", "soon"]
)
def test_a_time_that_is_none_is_none(text: str) -> None:
    assert instant(text) is None


def test_times_are_read_with_fractions_and_with_words_after_them() -> None:
    assert str(instant("20211231235959")) == "2021-12-31 23:59:59+00:00"
    assert str(instant("20211231235959.5")) == "2021-12-31 23:59:59.500000+00:00"
    assert str(instant("20211231235959 UTC")) == "2021-12-31 23:59:59+00:00"
