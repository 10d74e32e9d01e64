"""Where drops appear: what lies there (`look`) and how it gets here, whole (`fetch`). One file a protocol.

Deciding what is complete, new or a correction does not belong here; that is `landing`.
"""

import re
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from songify_assets.errors import SettingsError
from songify_assets.foundation.sources.drops import Drops, Listed
from songify_assets.foundation.sources.file import FileDrops
from songify_assets.foundation.sources.ftp import FtpDrops
from songify_assets.foundation.sources.ftp_server import Server
from songify_assets.foundation.sources.limits import LIMITS, Limits

__all__ = ["Drops", "Listed", "open_drops"]


def open_drops(
    url: str,
    source: str | None,
    ca: Path | None,
    tell: Callable[[str], None] = lambda _: None,
    limits: Limits = LIMITS,
    setting: str = "SONGIFY_DROPS_URL",
) -> Drops:
    """The drops at `url`, in its folder `source` (None: the URL is the source's own folder).

    `ca` is a private certificate authority that `ftps://` trusts beside the public ones. An FTP path starts at the
    folder where the login ends up, as in curl; `ftp://host//srv/drops` starts at the server's root.
    `tell` hears what a server is waited for. `setting` is where the URL was read from, for messages. Nothing is opened before the first `look` or `fetch`.
    """
    scheme, _, rest = url.strip().partition(":")
    scheme = scheme.lower()
    if scheme == "file":
        path = rest.removeprefix("//").removeprefix("localhost")
        if not path.startswith("/"):
            raise SettingsError("a file URL needs the full path", where=setting, remedy="Write file:///path/to/drops.")
        return FileDrops(Path(unquote(path)), source, limits, setting)
    if scheme not in ("ftp", "ftps"):
        raise SettingsError(
            "this kind of URL is not supported", where=setting, remedy="Use file://, ftp:// or ftps://."
        )
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port or 21
        user, password, folder = (
            unquote(part or "", errors="strict") for part in (parts.username, parts.password, parts.path)
        )
    except ValueError:  # its message may hold a piece of the password
        host = None
    # A raw # / ? or @ in a password moves the rest of it into host or path, from where it would get into messages.
    if not host or "@" in parts.path + parts.query + parts.fragment or parts.query or parts.fragment:
        raise _unreadable(setting)
    if re.search(r"[\r\n\0]", user + password + folder):
        raise _unreadable(setting)
    place = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{parts.path}".rstrip("/")
    tls = _tls_context(ca) if scheme == "ftps" else None
    server = Server(place, (host, port), user, password, tls, setting)
    return FtpDrops(server, folder.removeprefix("/"), source, tell, limits)


def _unreadable(setting: str) -> SettingsError:
    remedy = "Write ftp://user:password@host:port/path, with any of : / ? # @ % in them percent-encoded (@ is %40)."
    return SettingsError("the URL cannot be read", where=setting, remedy=remedy)


def _tls_context(ca: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca is not None:
        try:
            context.load_verify_locations(ca)
        except OSError as error:
            what = f"{ca} cannot be read as PEM certificates ({error.strerror or 'it holds none'})"
            raise SettingsError(what, where="SONGIFY_FTPS_CA", remedy="Name the PEM file of your CA.") from None
    return context
