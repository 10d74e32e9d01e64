"""Closed months in plain Python: who is paid for which play in a state of the deliveries, and how two states differ."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from songify_assets_tests.datasets.drop import Drop

Known = Mapping[tuple[date, str], Drop]
Place = tuple[str | None, str | None]
HEADERS = {
    "plays.csv": ("location_id", "track_id", "played_ms"), "locations.csv": ("id", "country"), "tracks.csv": ("id", "licensor"),
}  # fmt: skip


def plays_of(known: Known) -> Counter[tuple[date, str, str, str | None, str | None]]:
    """How often each track was played at each location on a day, counted plays only, with country and licensor of that day."""
    plays = Counter[tuple[date, str, str, str | None, str | None]]()
    for (day, file), drop in known.items():
        for play in drop.records if file == "plays.csv" else ():
            if int(play["played_ms"]) >= 60_000:
                country = value_on(known, "locations.csv", play["location_id"], "country", day)
                licensor = value_on(known, "tracks.csv", play["track_id"], "licensor", day)
                plays[day, play["location_id"], play["track_id"], country, licensor] += 1
    return plays


def value_on(known: Known, file: str, key: str, column: str, day: date) -> str | None:
    """What dumps say of an entity on a day: the last word up to it, before its first dump the first; None if it is in none."""
    said = [
        (drop.delivered_on, record[column])
        for (_, of), drop in sorted(known.items(), key=lambda item: item[0])
        if of == file
        for record in drop.records
        if record["id"] == key
    ]
    until = [value for delivered_on, value in said if delivered_on <= day]
    return until[-1] if until else said[0][1] if said else None


def shares_of(known: Known) -> dict[Place, tuple[int, int]]:
    """The plays of each country and licensor, and those of the country."""
    plays, countries = Counter[Place](), Counter[str | None]()
    for (_, _, _, country, licensor), number in plays_of(known).items():
        plays[country, licensor] += number
        countries[country] += number
    return {place: (number, countries[place[0]]) for place, number in plays.items()}


def causes_of(before: Known, after: Known) -> Counter[tuple[str | None, str | None, str]]:
    """By country, licensor and cause how many counted plays came less those that went, play by play."""
    moved = Counter[tuple[str | None, str | None, str]]()
    states = [
        {key[:3]: (key[3], key[4], number) for key, number in plays_of(known).items()} for known in (before, after)
    ]
    for of in {*states[0], *states[1]}:
        old, new = (state.get(of) for state in states)
        late = (of[0], "plays.csv") not in before
        delivered = "late_plays" if late else "corrected_plays"
        stayed = min(old[2], new[2]) if old and new else 0
        if old:
            moved[old[0], old[1], delivered] -= old[2] - stayed
        if new:
            moved[new[0], new[1], delivered] += new[2] - stayed
        if old and new and old[0] != new[0]:
            moved[old[0], old[1], "locations_changed"] -= stayed
            moved[new[0], old[1], "locations_changed"] += stayed
        if old and new and old[1] != new[1]:
            moved[new[0], old[1], "tracks_changed"] -= stayed
            moved[new[0], new[1], "tracks_changed"] += stayed
    return Counter({key: number for key, number in moved.items() if number})
