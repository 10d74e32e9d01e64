"""One small home for all tests that only read it."""

from pathlib import Path

import pytest

from songify_assets_tests.home import csv, plays
from songify_assets_tests.in_process import InProcess

DAY, NEXT_DAY = "2021-12-01", "2021-12-02"
TITLES = ["Heat", 'He said "no"', "O'Hara; DROP TABLE movies", "Åäö, ☃"]


def delivered(product: InProcess) -> None:
    """Two days of plays and tracks, and one of films and streams, with a row that is refused."""
    product.deliver("royalties", DAY, "locations.csv", csv("id,country", "se,SE", "no,NO", "it,IT"))
    product.deliver("royalties", DAY, "tracks.csv", csv("id,licensor", "a,Norr", "b,O'Brien", "c,Sør"))
    product.deliver("royalties", NEXT_DAY, "tracks.csv", csv("id,licensor", "a,Norr", "b,Syd", "c,Sør", "d,Öst"))
    some = [
        f"{place},{track},{60_000 + number}"
        for number, place in enumerate(("se", "no", "it", "xx") * 30)
        for track in "abd"
    ]
    product.deliver("royalties", DAY, "plays.csv", plays(*some, *["se,a,61000"] * 25, "se,a,no number"))
    product.deliver("royalties", NEXT_DAY, "plays.csv", plays(*some[:50]))
    films = [f'"{title.replace(chr(34), chr(34) * 2)}",100,en,700.5' for title in TITLES]
    product.deliver("viewing", DAY, "movies.csv", csv("title,duration_mins,original_language,size_mb", *films))
    product.deliver("viewing", DAY, "users.csv", csv("first_name,last_name,email", "Ann,Ek,ann@x.se", "Bo,Al,bo@x.se"))
    header = "movie_title,user_email,size_mb,start_at,end_at"
    streams = [
        f"Heat,{who}@x.se,{n}.25,2021-12-01T1{n}:00:00.5Z,2021-12-01T1{n}:30:00Z"
        for n in range(9)
        for who in ("ann", "bo")
    ]
    product.deliver("viewing", DAY, "streams.csv", csv(header, *streams))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that is loaded; nobody changes it."""
    product = InProcess(tmp_path_factory.mktemp("served") / "home")
    delivered(product)
    product.load()
    return product.home
