"""Pages for people."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import duckdb

SECTIONS = {
    "market-share": ("Market share", "/v1/market-share"),
    "answers": ("Answers", "/v1/answers"),
    "retention": ("Retention", "/v1/retention"),
}


def render(path: str, query: Mapping[str, str], connection: duckdb.DuckDBPyConnection, home: Path) -> str | None:
    """The page of a path; None where there is none."""
    if path != "/":
        return None
    [(at,)] = connection.execute("SELECT max(published_at) FROM meta.publications").fetchall()
    parts = [
        f'<section id="{anchor}"><h2>{escape(title)}</h2><p><a href="{address}">{address}</a></p></section>'
        for anchor, (title, address) in SECTIONS.items()
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Songify</title></head><body><main><h1>Songify</h1>'
        f'<p id="as-of">As of {escape(at.isoformat())}</p>{"".join(parts)}<p><a href="/docs">How to ask</a></p></main></body></html>'
    )
