"""How a conversation with an FTP server begins: TLS where it is asked for, the login, what the server can do."""

import contextlib
import ftplib
import re

from songify_assets.errors import SourceUnreachable
from songify_assets.foundation.sources.drops import SETTING
from songify_assets.foundation.sources.ftp_connection import Connection


def log_in(ftp: Connection, address: tuple[str, int], login: tuple[str, str], place: str) -> tuple[bool, str]:
    """Connects and logs in; whether the server knows MLSD, and the folder where the login ends up."""
    ftp.open(address)
    if ftp.has_tls:
        _secure(ftp, place)
    _say_who(ftp, login, place)
    if ftp.has_tls:
        ftp.protect()
    features = _features(ftp)
    if "UTF8" in features:
        _try(ftp, "OPTS UTF8 ON")
    if "MLST" in features:
        _try(ftp, "OPTS MLST type;size;modify;unique;")
    ftp.voidcmd("TYPE I")
    return "MLST" in features, ftp.pwd().encode("latin-1").decode("utf-8", "surrogateescape")


def _secure(ftp: Connection, place: str) -> None:
    try:
        ftp.secure()
    except ftplib.error_perm:
        remedy = f"Switch it on there; ftp:// in {SETTING} would send the password in the clear."
        raise SourceUnreachable("the server offers no TLS", where=place, remedy=remedy) from None


def _say_who(ftp: Connection, login: tuple[str, str], place: str) -> None:
    try:
        ftp.login(*login)
    except ftplib.error_perm as refused:
        wants_tls = not ftp.has_tls and re.search(r"TLS|SSL|encrypt", str(refused), re.IGNORECASE)
        what = "the server wants TLS" if wants_tls else "login refused"
        remedy = f"Use ftps:// in {SETTING}." if wants_tls else f"Check user and password in {SETTING}."
        raise SourceUnreachable(what, where=place, remedy=remedy) from None


def _try(ftp: Connection, command: str) -> None:
    with contextlib.suppress(ftplib.error_perm):
        ftp.voidcmd(command)


def _features(ftp: Connection) -> set[str]:
    try:
        return {line.split()[0].upper() for line in ftp.sendcmd("FEAT").splitlines()[1:-1] if line.strip()}
    except ftplib.error_perm:
        return set()
