"""How a conversation with an FTP server begins: TLS where it is asked for, the login, what the server can do."""

import contextlib
import ftplib
import re

from songify_assets.errors import SourceUnreachable
from songify_assets.foundation.sources.ftp_connection import Connection
from songify_assets.foundation.sources.ftp_server import Server


def log_in(ftp: Connection, server: Server) -> tuple[bool, str]:
    """Connects and logs in; whether the server knows MLSD, and the folder where the login ends up."""
    ftp.open(server.address)
    if ftp.has_tls:
        _secure(ftp, server)
    _say_who(ftp, server)
    if ftp.has_tls:
        ftp.protect()
    features = _features(ftp)
    if "UTF8" in features:
        _try(ftp, "OPTS UTF8 ON")
    if "MLST" in features:
        _try(ftp, "OPTS MLST type;size;modify;unique;")
    ftp.voidcmd("TYPE I")
    return "MLST" in features, ftp.pwd().encode("latin-1").decode("utf-8", "surrogateescape")


def _secure(ftp: Connection, server: Server) -> None:
    try:
        ftp.secure()
    except ftplib.error_perm:
        remedy = f"Switch it on there; ftp:// in {server.setting} would send the password in the clear."
        raise SourceUnreachable("the server offers no TLS", where=server.place, remedy=remedy) from None


def _say_who(ftp: Connection, server: Server) -> None:
    try:
        ftp.login(server.user, server.password)
    except ftplib.error_perm as refused:
        wants_tls = not ftp.has_tls and re.search(r"TLS|SSL|encrypt", str(refused), re.IGNORECASE)
        what = "the server wants TLS" if wants_tls else "login refused"
        remedy = f"Use ftps:// in {server.setting}." if wants_tls else f"Check user and password in {server.setting}."
        raise SourceUnreachable(what, where=server.place, remedy=remedy) from None


def _try(ftp: Connection, command: str) -> None:
    with contextlib.suppress(ftplib.error_perm):
        ftp.voidcmd(command)


def _features(ftp: Connection) -> set[str]:
    try:
        return {line.split()[0].upper() for line in ftp.sendcmd("FEAT").splitlines()[1:-1] if line.strip()}
    except ftplib.error_perm:
        return set()
