"""The files of one delivery: what came, from where, when, and what became of its records."""

from datetime import date

from songify_assets.foundation.ledger import Ledger
from songify_assets.serving.pages import formats as f
from songify_assets.serving.pages.content import Cell, Facts, Part, Section, Table, Words


def address(feed: str, delivered_on: str) -> str:
    """Where the files of a delivery are told of."""
    return f.address(["data-health"], feed=feed, delivered=delivered_on) + "#delivery"


def sections(ledger: Ledger, feed: str | None, delivered_on: str | None) -> list[Section]:
    """The delivery, if one is asked for."""
    if not feed or not delivered_on:
        return []
    title = f"{feed} of {delivered_on}"
    try:
        day = date.fromisoformat(delivered_on)
    except ValueError:
        return [
            Section("delivery", title, [Words(f"'{delivered_on}' is no day: write it like 2021-12-25.", tone="warn")])
        ]
    files, delivery = ledger.files(feed, day), ledger.delivery(feed, day)
    if not files:
        return [
            Section(
                "delivery",
                title,
                [Words(f"Nothing of {feed} was delivered for {day}, or another file has taken its place.")],
            )
        ]
    parts: list[Part] = []
    if delivery:
        numbers = [(name, f"{number:,}", about) for name, number, about in (
            ("Received", delivery.received, "records"), ("Accepted", delivery.accepted, ""),
            ("Refused", delivery.refused, "in quarantine"), ("Equal ones", delivery.collapsed, "kept once"))]  # fmt: skip
        parts.append(Facts(numbers))
    rows = [
        [Cell(file.place), f.at(file.landed_at), f.count(file.size), Cell(file.sha256, is_code=True)] for file in files
    ]
    parts.append(Table("Its files", ["file", "landed", "bytes", "SHA-256"], rows))
    return [
        Section(
            "delivery",
            title,
            parts,
            note="The files that make up this delivery now; the bytes are kept under landing/files by their SHA-256.",
        )
    ]
