"""What many small files cost: `python -m bench.small_files [FILES]` reads so many of one indented JSON object each."""

import json
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pandera.polars as pa

from songify_assets.foundation.delivery.files import FileInput
from songify_assets.foundation.delivery.refine import refine
from songify_assets.foundation.feeds import Feed
from songify_assets.foundation.ledger import LandedFile

DAY = date(2021, 12, 1)


class Song(pa.DataFrameModel):
    """A song."""

    song_id: str
    title: str
    year: int


FIELDS = {name: f"$.{name}" for name in ("song_id", "title", "year")}
SONGS = Feed("songs", "listening", "keyed", "json", ("song_data/**/*.json",), FIELDS, Song, key=("song_id",))


def main(files: int = 300) -> None:
    """Prints the CPU seconds of a delivery of so many files, from landed bytes to typed rows; the second of two."""
    with TemporaryDirectory() as folder:
        delivery = []
        for number in range(files):
            path = Path(folder, f"{number}.json")
            path.write_text(json.dumps({"song_id": f"S{number}", "title": "a song", "year": 2000}, indent=4))
            landed = LandedFile("listening", "songs", DAY, path.name, path.name, "", 0, datetime.now(UTC))
            delivery.append(FileInput(landed, path, {}))
        for _ in range(2):
            began = time.process_time()
            refine(SONGS, DAY, delivery, zone=ZoneInfo("UTC"), start_date=DAY, staged=Path(folder))
            seconds = time.process_time() - began
    print(f"{files} files: {seconds:.2f} s of CPU")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
