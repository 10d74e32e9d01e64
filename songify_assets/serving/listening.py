"""The socket that a server listens on."""

import socket

from songify_assets.errors import SettingsError

BACKLOG = 2048


def listening_at(host: str, port: int) -> socket.socket:
    """A socket that listens there (port 0: on a free one); SettingsError where it cannot."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        remedy = "Choose another --host or --port (0: a free one), or end what listens there."
        raise SettingsError(f"cannot listen there ({reason})", where=f"{host}:{port}", remedy=remedy) from None
    return listening
