"""An answer as it goes out: its bytes and headers, made once for each publication."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

import duckdb
import orjson

from songify_assets.serving.catalogue import Catalogue
from songify_assets.serving.description import description
from songify_assets.serving.forms import FORMS, HTML, JSON
from songify_assets.serving.found_rows import Parts, found_rows
from songify_assets.serving.positions import AFTER, position_after
from songify_assets.serving.problems import wrong_query
from songify_assets.serving.questions import TABLES, Parameters, next_address, question
from songify_assets.serving.table_list import listed

Headers = list[tuple[bytes, bytes]]
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
        return _answer(listed(catalogue, asked, media), media, catalogue, None, catalogue.is_complete, None)
    what = question(catalogue, path, asked)
    if what.after and what.after.publication != catalogue.publication:
        raise wrong_query(AFTER, "it is of another publication", "Follow `next` as it is written.")
    form = what.read_as(media)
    sql, values = what.sql(form)
    found = found_rows(connection, sql, values, form)
    rows, address = min(found.count, what.limit), None
    if found.count > rows:
        places, publication = what.order_places, catalogue.publication
        address = next_address(path, asked, position_after(what.table, found, rows, places, publication, what.after))
    data = found.encoded(rows, len(what.columns))
    return _answer(data, media, catalogue, what.table.through, what.table.is_complete, address)


def _answer(
    data: tuple[Parts, Parts],
    media: str,
    catalogue: Catalogue,
    through: date | None,
    is_complete: bool,
    address: str | None,
) -> Answer:
    parts, told_apart = data
    if media == JSON:
        at = instant(catalogue.published_at)
        told = {"next": address, "published_at": at, "through": through, "complete": is_complete}
        parts = [b'{"data":', *parts, b",", memoryview(orjson.dumps(told))[1:]]
    own = [(b"link", f'<{address}>; rel="next"'.encode())] if address else []
    return made(b"".join(parts), media, _etag(told_apart, media), [*freshness(catalogue, through, is_complete), *own])


def made(body: bytes, media: str, etag: bytes, own: Headers) -> Answer:
    """An answer with all of its headers."""
    always: Headers = [(b"etag", etag), (b"cache-control", b"no-cache"), (b"vary", b"accept"), *own]
    charset = "; charset=utf-8" if media.startswith("text/") and "charset" not in media else ""
    content: Headers = [(b"content-type", (media + charset).encode()), (b"content-length", str(len(body)).encode())]
    content += [(b"x-content-type-options", b"nosniff"), *([_OF_PAGES] if media == HTML else [])]
    return Answer(body, etag, [*content, *always], always)


def page_answer(catalogue: Catalogue, html: str) -> Answer:
    """A page for people."""
    body = html.encode()
    return made(body, HTML, _etag([body], HTML), freshness(catalogue, None, catalogue.is_complete))


def described(catalogue: Catalogue | None) -> Answer:
    """The description of what can be asked, also while there is no publication."""
    body = description(catalogue)
    own = freshness(catalogue, None, catalogue.is_complete) if catalogue else []
    return made(body, JSON, _etag([body], JSON), own)


def freshness(catalogue: Catalogue, through: date | None, is_complete: bool) -> Headers:
    """How fresh an answer is, as headers."""
    headers = [
        (b"songify-published-at", instant(catalogue.published_at).encode()),
        (b"songify-complete", str(is_complete).lower().encode()),
    ]
    return headers + ([(b"songify-through", str(through).encode())] if through else [])


@lru_cache(100)
def instant(moment: datetime) -> str:
    """An instant as RFC 3339 writes it, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _etag(content: Parts, media: str) -> bytes:
    digest = hashlib.sha256()
    for part in content:
        digest.update(part)
    return f'W/"{digest.hexdigest()[:24]}-{_ENDINGS[media]}"'.encode()
