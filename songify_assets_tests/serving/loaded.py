"""A home in which every topic has something: real data where it is there, and generated drops for the rest."""

from datetime import date
from pathlib import Path

from songify_assets.generator import generate
from songify_assets_tests.home import REAL_DATA, Home, deliver_real, new_home

HAS_REAL_DATA = REAL_DATA.exists()
GENERATED = (
    (date(2021, 12, 24), 2, ("viewing", "vendor", "royalties")),
    (date(2021, 12, 20), 6, ("listening",)),
    (date(2021, 12, 24), 2, ("playlists",)),
)
MONEY = (date(2021, 12, 20), 6, ("subscriptions", "payments", "marketing"))


def loaded_home(path: Path) -> Path:
    """The home, loaded."""
    home = new_home(path)
    if HAS_REAL_DATA:
        _deliver_real(home)
    for first_day, days, sources in (MONEY,) if HAS_REAL_DATA else (*GENERATED, MONEY):
        generate(path / "drops", days=days, scale=0.3, seed=7, first_day=first_day, sources=sources, defects=None)
    loaded = home.songify("load")
    assert (path / "warehouse.duckdb").exists(), loaded.text
    return path


def _deliver_real(home: Home) -> None:
    deliver_real(home, "2021-12-31")
    listening, playlists = REAL_DATA / "listening", REAL_DATA / "playlists"
    for file in sorted(listening.rglob("*.json")):
        name = str(file.relative_to(listening)) if "song_data" in file.parts else file.name
        home.deliver("listening", "2018-11-21", name, file.read_bytes())
    for file in sorted(playlists.iterdir()):
        home.deliver("playlists", "2022-05-22", file.name, file.read_bytes())
