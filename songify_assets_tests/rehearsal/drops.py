"""Random drops of the rehearsal's shop: as records, and as the files that a sender writes of them."""

import csv
import io
import json
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

Record = dict[str, Any]
FIRST = date(2021, 11, 26)
DAYS = 9
FILES = {
    "orders": "orders.csv", "clicks": "{}-clicks.json", "costs": "costs.csv", "items": "items/{}/{}.json",
    "rates": "rates.csv", "visits": "visits.parquet",
}  # fmt: skip
HEADERS = {"orders": "order_id,customer,country,placed_at,amount,currency,gift", "rates": "country,currency,rate"}
AMOUNTS = {"SEK": ["12.50", "-3", "0.05", "7.005"], "JPY": ["100", "7.0", "1.5"], "KWD": ["1.234", "0.5"], "XXX": ["1"]}


@dataclass(frozen=True)
class Drop:
    """A file of a feed for a day; `slot` tells the files of one feed and day apart."""

    feed: str
    delivered_on: date
    slot: str
    records: tuple[Record, ...]

    @property
    def path(self) -> str:
        """Where it lies below the source's folder."""
        return f"{self.delivered_on}/" + FILES[self.feed].format(*self.slot)

    def write(self, folder: Path) -> Path:
        """Writes the file as the sender does."""
        file = folder / self.path
        file.parent.mkdir(parents=True, exist_ok=True)
        if self.feed == "visits":
            schema = {"visitor": pl.String, "page count": pl.Int32, "more": pl.Float64}
            pl.DataFrame(list(self.records), schema=schema, orient="row").write_parquet(file)
        elif self.feed == "items":
            file.write_text(json.dumps(self.records[0], indent=4))
        elif self.feed == "clicks":
            file.write_text("\n".join(json.dumps(record) for record in self.records))
        else:
            file.write_text(self._csv())
        return file

    def _csv(self) -> str:
        delimiter = ";" if self.feed == "costs" else ","
        header = HEADERS.get(self.feed, "").split(",") if self.feed != "costs" else COST_HEADER
        text = io.StringIO()
        writer = csv.DictWriter(text, header, delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.records)
        return text.getvalue()


COST_HEADER = ["Date", "Account", "Campaign ID", "Currency", "Cost"]


def drawn(chance: random.Random) -> list[Drop]:
    """Some drops in random order of arrival, corrections among them."""
    drops = [_drop(chance) for _ in range(chance.randint(4, 14))]
    return drops + [_again(chance, chance.choice(drops)) for _ in range(chance.randint(0, 3))]


def _drop(chance: random.Random) -> Drop:
    feed = chance.choice([*FILES, "orders", "orders", "costs"])
    day = FIRST + timedelta(days=chance.randrange(DAYS))
    slot = chance.choice("abc") + chance.choice("12") if feed in ("items", "clicks") else "-"
    return Drop(feed, day, slot, _records(chance, feed, day))


def _again(chance: random.Random, drop: Drop) -> Drop:
    return Drop(drop.feed, drop.delivered_on, drop.slot, _records(chance, drop.feed, drop.delivered_on))


def _records(chance: random.Random, feed: str, day: date) -> tuple[Record, ...]:
    many = 1 if feed == "items" else chance.randint(0 if feed != "clicks" else 1, 5)
    records = tuple(RECORDS[feed](chance, day) for _ in range(many))
    if feed == "rates":  # of one key in one dump only one content, or all but the last are refused
        records = tuple({(record["country"], record["currency"]): record for record in records}.values())
    return records


def _moment(chance: random.Random, day: date) -> datetime:
    start = datetime(day.year, day.month, day.day) + timedelta(days=-chance.choice([0, 0, 1, 3]))  # noqa: DTZ001 a wall clock
    return start + timedelta(hours=chance.choice([0, 9, 23]), minutes=chance.choice([0, 30, 59]))


def _order(chance: random.Random, day: date) -> Record:
    currency = chance.choice(list(AMOUNTS))
    return {
        "order_id": f"O{chance.randrange(5)}", "customer": chance.choice(["Ann", " ann ", "Bob"]),
        "country": chance.choice(["SE", "jp"]), "placed_at": str(_moment(chance, day))[: chance.choice([16, 19])],
        "amount": chance.choice(AMOUNTS[currency]), "currency": chance.choice([currency, currency.lower()]),
        "gift": chance.choice(["yes", "0", ""]),
    }  # fmt: skip


def _click(chance: random.Random, day: date) -> Record:
    moment = int(_moment(chance, day).replace(tzinfo=UTC).timestamp() * 1000) + chance.randrange(2)
    user = chance.choice([{"id": "u1"}, {"id": "u2"}, {"id": None}, {}, None])
    actions = chance.choice(
        [[], None, [{"type": "buy", "value": "1"}, {"type": "see", "value": None}], [{"type": "buy"}]]
    )
    return {"id": f"c{chance.randrange(3)}", "user": user, "ts": moment, "actions": actions}


def _cost(chance: random.Random, day: date) -> Record:
    when = day - timedelta(days=chance.choice([0, 1, 2]))
    cost = chance.choice(["1,50", "12", "0,005", "1.000,00", "3,1"])
    return {
        "Date": chance.choice([f"{when:%d.%m.%Y}", f"{when:%d.%m.%Y}", str(when)]), "Account": chance.choice("AB"),
        "Campaign ID": chance.choice("xy"), "Currency": "SEK", "Cost": cost,
    }  # fmt: skip


def _item(chance: random.Random, day: date) -> Record:
    return {"item_id": f"i{chance.randrange(3)}", "name": chance.choice(["pen", "book", None]), "more": {"a": [1]}}


def _rate(chance: random.Random, day: date) -> Record:
    return {
        "country": chance.choice(["SE", "JP"]), "currency": chance.choice(["SEK", "JPY"]),
        "rate": chance.choice(["0.25", "0.1", "0.2500", "0.12345"]),
    }  # fmt: skip


def _visit(chance: random.Random, day: date) -> Record:
    return {"visitor": chance.choice(["v", None]), "page count": chance.choice([1, 2, -1]), "more": 0.5}


RECORDS = {"orders": _order, "clicks": _click, "costs": _cost, "items": _item, "rates": _rate, "visits": _visit}
