"""Files of random records as their senders write them, and what counts of them once all have arrived."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Record = dict[str, Any]
STOCKHOLM = ZoneInfo("Europe/Stockholm")
PLACES = {"SEK": 2, "EUR": 2, "JPY": 0, "KWD": 3}


@dataclass(frozen=True)
class Drop:
    """A file of a feed for a day."""

    file: str
    delivered_on: date
    records: tuple[Record, ...]
    delimiter: str = ","

    def write(self, folder: Path, header: Sequence[str]) -> Path:
        """Writes it below its source's folder."""
        path = folder / str(self.delivered_on) / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.file.endswith(".json"):
            path.write_text(json.dumps(self.records))
            return path
        text = io.StringIO()
        writer = csv.DictWriter(text, header, delimiter=self.delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.records)
        path.write_text(text.getvalue())
        return path


def last_of(arrived: Sequence[Drop]) -> list[Drop]:
    """The drops that count, by day: of one file and day the last that came."""
    files = {(drop.delivered_on, drop.file): drop for drop in arrived}
    return [files[key] for key in sorted(files)]


def records_of(last: Sequence[Drop], file: str) -> Iterator[tuple[date, Record]]:
    """All records of a file, by delivery date and position."""
    return ((drop.delivered_on, record) for drop in last if drop.file == file for record in drop.records)


def minor(amount: str, currency: str) -> int | None:
    """The minor units; None for what does not fit its currency."""
    if currency not in PLACES:
        return None
    scaled = Decimal(amount).scaleb(PLACES[currency])
    return int(scaled) if scaled == int(scaled) else None


def local_day(moment: datetime) -> date:
    """The business day of an instant."""
    return moment.astimezone(STOCKHOLM).date()


def key(text: str) -> str | None:
    """A text as it is compared."""
    return text.strip().lower() or None


def as_of_day(versions: Sequence[tuple[date, Any]], day: date) -> Any:
    """The version as of a day of one key, in order of delivery: the newest up to it, else the first; None where there is none."""
    seen = [content for since, content in versions if since <= day]
    return seen[-1] if seen else versions[0][1] if versions else None
