"""What can go wrong with an FTP server, in plain words, each with its own remedy."""

import errno
import ftplib
import socket
import ssl
from urllib.parse import quote

from songify_assets.errors import SourceUnreachable
from songify_assets.foundation.sources.ftp_connection import TooSlow, UnknownCommand, VisitTooLong
from songify_assets.foundation.sources.ftp_server import Server
from songify_assets.foundation.sources.names import shown

# Of ValueError and OverflowError: an answer that cannot be read, such as a port that is none.
FAILURES: tuple[type[Exception], ...] = (ftplib.Error, OSError, EOFError, ValueError, OverflowError)

_ROUTE_LOST = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)
_X509_EXPIRED, _X509_OTHER_HOST, _X509_OTHER_ADDRESS = 10, 62, 64  # of OpenSSL


def is_passing(error: Exception) -> bool:
    """Whether a new connection may well succeed."""
    if isinstance(error, (ssl.SSLCertVerificationError, TimeoutError)):  # nobody waits twice for one who is silent
        return False
    if isinstance(error, (EOFError, ConnectionError, ssl.SSLError, ftplib.error_temp)):
        return True
    return isinstance(error, OSError) and error.errno in _ROUTE_LOST


def is_of_server(error: Exception) -> bool:
    """Whether an answer is about more than the file or folder that was asked for."""
    return isinstance(error, UnknownCommand) or (isinstance(error, ftplib.Error) and str(error)[:3] in ("421", "530"))


def in_plain_words(error: Exception, *, where: str, server: Server) -> SourceUnreachable:
    """Say it of the file or folder (`where`) if it is about that, else of the `server`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        what, remedy = _of_certificate(error, server.setting)
        return SourceUnreachable(what, where=server.place, remedy=remedy)
    said = _said(error, server.password)
    for kind, what, remedy in _KINDS:
        if isinstance(error, kind):
            return SourceUnreachable(what, where=server.place, remedy=remedy.format(setting=server.setting))
    if isinstance(error, ftplib.Error):
        remedy = "Load again later; the server's log knows more." if is_passing(error) else "See the server's log."
        if isinstance(error, UnknownCommand):
            remedy = "It does not know a command that is needed: have MLSD switched on there, or SIZE and MDTM."
        return SourceUnreachable(f"the server answers: {said}", where=where, remedy=remedy)
    if isinstance(error, (ValueError, OverflowError)):
        what = f"an answer of the server is not understood ({said})"
        return SourceUnreachable(what, where=where, remedy="Report this, with the server's make and version.")
    what = f"the connection fails ({getattr(error, 'strerror', None) or type(error).__name__})"
    return SourceUnreachable(what, where=server.place, remedy="Check this machine's network.")


def _said(error: Exception, password: str) -> str:
    """What the error says, which may be what the server says: without the password, however it is spelled there."""
    said = str(error)
    for spelled in filter(None, (password, password.encode().decode("latin-1"), quote(password, safe=""))):
        said = said.replace(spelled, "***")
    return shown(said, 200)


def _of_certificate(error: ssl.SSLCertVerificationError, setting: str) -> tuple[str, str]:
    if error.verify_code in (_X509_OTHER_HOST, _X509_OTHER_ADDRESS):
        return "the certificate is for another host name", f"Use the name in the certificate in {setting}."
    if error.verify_code == _X509_EXPIRED:
        return "the certificate has expired", "Ask whoever runs the server to renew it."
    remedy = "Set SONGIFY_FTPS_CA to the PEM file of the authority that signed it."
    return f"the certificate is not trusted ({error.verify_message})", remedy


_KINDS: tuple[tuple[type[Exception], str, str], ...] = (
    (socket.gaierror, "no such host name is known", "Check the name in {setting}, and this machine's DNS."),
    (UnicodeError, "this is no host name", "Correct the name in {setting}."),
    (ssl.SSLError, "no TLS connection comes about", "Check that the server speaks TLS 1.2 or 1.3 after AUTH TLS."),
    (ConnectionRefusedError, "nothing listens there", "Start the server, or correct the port in {setting}."),
    (
        VisitTooLong,
        "this takes longer than any visit may",
        "Load again, it goes on where it stopped; or move away what is old.",
    ),
    (TooSlow, "the server sends next to nothing", "Load again, it goes on where it stopped; see to the line."),
    (
        TimeoutError,
        "no answer came in time",
        "Check that firewalls let through the port, and the server's ports for passive mode.",
    ),
    (
        (EOFError),
        "the server hangs up",
        "Load again, it goes on where it stopped; see the server's log if it persists.",
    ),
    (ConnectionError, "the connection breaks off", "Load again: it goes on where it stopped."),
    (ftplib.error_proto, "what answers there is no FTP server we understand", "Check the port in {setting}."),
)
