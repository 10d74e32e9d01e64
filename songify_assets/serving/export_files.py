"""The files below `exports/` of a home, `/exports/...`: sheets of statements, market shares and closes, to download."""

import hashlib
import mimetypes
from pathlib import Path

from songify_assets.serving.answers import Answer, made
from songify_assets.serving.problems import not_there

START = "/exports/"


def export_file(home: Path, path: str) -> Answer:
    """The file at a path; Problem (404) where there is none. What begins with a dot is not finished."""
    folder = (home / "exports").resolve()
    file = (folder / path.removeprefix(START)).resolve()
    try:
        if not file.is_relative_to(folder) or file.name.startswith("."):
            raise FileNotFoundError
        body = file.read_bytes()
    except (OSError, ValueError):
        raise not_there(path[:200], "there is no such file", "/royalties links the sheets of closed months.") from None
    etag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    media = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    name = (b"content-disposition", f'attachment; filename="{file.name}"'.encode("ascii", "replace"))
    return made(body, media, etag.encode(), [name])
