"""The files that pages need, `/static/...`, and the page of the API, `/docs`: nothing comes from another host."""

import hashlib
import mimetypes
from pathlib import Path

from songify_assets.serving.answers import Answer, made

FOLDER = Path(__file__).parent / "static"
DOCS = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Songify: the API</title><link rel="stylesheet" href="/static/swagger/swagger-ui.css"></head>
<body><main id="swagger-ui"><p>The description of the API is at <a href="/openapi.json">/openapi.json</a>.</p></main>
<script src="/static/swagger/swagger-ui-bundle.js"></script><script src="/static/swagger/start.js"></script></body>
</html>
"""


def static_files() -> dict[str, Answer]:
    """The answer of each path."""
    files = {f"/static/{path.relative_to(FOLDER).as_posix()}": path for path in FOLDER.rglob("*") if path.is_file()}
    answers = {address: _answer(path.read_bytes(), _media_type(path)) for address, path in files.items()}
    return {**answers, "/docs": _answer(DOCS.encode(), "text/html")}


def _media_type(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "text/plain"


def _answer(body: bytes, media: str) -> Answer:
    etag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    return made(body, media, etag.encode(), [])
