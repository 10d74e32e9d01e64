"""An answer as it goes out: its bytes and headers, made once for each publication."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from songify_assets.serving.catalogue import Catalogue, Table
from songify_assets.serving.description import description
from songify_assets.serving.forms import CSV, FORMS, HTML, JSON, Rows, flattened
from songify_assets.serving.positions import AFTER, position_after
from songify_assets.serving.problems import wrong_query
from songify_assets.serving.questions import TABLES, Parameters, next_address, question

Headers = list[tuple[bytes, bytes]]
_COLUMN = pa.struct([("name", pa.string()), ("type", pa.string()), ("description", pa.string())])
_TABLE = pa.schema(
    [
        ("table", pa.string()),
        ("schema", pa.string()),
        ("name", pa.string()),
        ("description", pa.string()),
        ("key", pa.list_(pa.string())),
        ("rows", pa.int64()),
        ("through", pa.date32()),
        ("complete", pa.bool_()),
        ("columns", pa.list_(_COLUMN)),
    ]
)
_ENDINGS = {HTML: "html", **{media: form for form, media in FORMS.items()}}
# A page loads nothing from elsewhere, and runs only scripts that are files.
_OF_PAGES = (
    b"content-security-policy",
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
)


@dataclass(frozen=True)
class Answer:
    """A page that was found: its bytes, its tag, and the headers with and without them."""

    body: bytes
    etag: bytes
    headers: Headers
    unchanged: Headers

    @property
    def size(self) -> int:
        """About what it takes in memory."""
        return len(self.body) + 2000


def answered(
    catalogue: Catalogue, connection: duckdb.DuckDBPyConnection, path: str, asked: Parameters, media: str
) -> Answer:
    """The answer to a question of a publication; Problem where it makes no sense."""
    if path == TABLES:
        rows = Rows(flattened(tables(catalogue)) if media == CSV else tables(catalogue))
        return _answer(rows, media, catalogue, None, catalogue.is_complete, None)
    what = question(catalogue, path, asked)
    if what.after and what.after.publication != catalogue.publication:
        raise wrong_query(AFTER, "it is of another publication", "Follow `next` as it is written.")
    sql, values = what.sql(media)
    found = connection.sql(sql, params=values).to_arrow_table() if values else connection.sql(sql).to_arrow_table()
    page = found.slice(0, what.limit)
    follows = (
        position_after(what.table, page, catalogue.publication, what.after) if found.num_rows > what.limit else None
    )
    address = next_address(path, asked, follows) if follows else None
    table = what.table
    return _answer(Rows(page.select(list(what.columns))), media, catalogue, table.through, table.is_complete, address)


def _answer(
    rows: Rows, media: str, catalogue: Catalogue, through: date | None, is_complete: bool, address: str | None
) -> Answer:
    data = rows.json
    schema = str(list(zip(rows.table.schema.names, map(str, rows.table.schema.types), strict=True)))
    etag = _etag(data + schema.encode(), media)
    if media == JSON:
        told = {
            "next": address,
            "published_at": instant(catalogue.published_at),
            "through": through,
            "complete": is_complete,
        }
        body = b'{"data":' + data + b"," + json.dumps(told, default=str, separators=(",", ":")).encode()[1:]
    else:
        body = rows.encoded(media)
    own = [(b"link", f'<{address}>; rel="next"'.encode())] if address else []
    return made(body, media, etag, [*freshness(catalogue, through, is_complete), *own])


def made(body: bytes, media: str, etag: bytes, own: Headers) -> Answer:
    """An answer with all of its headers."""
    always: Headers = [(b"etag", etag), (b"cache-control", b"no-cache"), (b"vary", b"accept"), *own]
    charset = "; charset=utf-8" if media.startswith("text/") else ""
    content: Headers = [(b"content-type", (media + charset).encode()), (b"content-length", str(len(body)).encode())]
    content += [(b"x-content-type-options", b"nosniff"), *([_OF_PAGES] if media == HTML else [])]
    return Answer(body, etag, [*content, *always], always)


def page_answer(catalogue: Catalogue, html: str) -> Answer:
    """A page for people."""
    body = html.encode()
    return made(body, HTML, _etag(body, HTML), freshness(catalogue, None, catalogue.is_complete))


def described(catalogue: Catalogue) -> Answer:
    """The description of what can be asked."""
    body = description(catalogue)
    return made(body, JSON, _etag(body, JSON), freshness(catalogue, None, catalogue.is_complete))


def freshness(catalogue: Catalogue, through: date | None, is_complete: bool) -> Headers:
    """How fresh an answer is, as headers."""
    headers = [
        (b"songify-published-at", instant(catalogue.published_at).encode()),
        (b"songify-complete", str(is_complete).lower().encode()),
    ]
    return headers + ([(b"songify-through", str(through).encode())] if through else [])


def tables(catalogue: Catalogue) -> pa.Table:
    """The tables of a publication as rows."""
    return pa.Table.from_pylist([_told(table) for table in catalogue.tables.values()], schema=_TABLE)


def _told(table: Table) -> dict[str, Any]:
    schema, name = table.name.split(".", 1)
    return {
        "table": table.name,
        "schema": schema,
        "name": name,
        "description": table.description,
        "key": list(table.key),
        "rows": table.rows,
        "through": table.through,
        "complete": table.is_complete,
        "columns": [
            {"name": one.name, "type": one.type, "description": one.description} for one in table.columns.values()
        ],
    }


def instant(moment: datetime) -> str:
    """An instant as RFC 3339 writes it, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _etag(content: bytes, media: str) -> bytes:
    return f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}-{_ENDINGS[media]}"'.encode()
