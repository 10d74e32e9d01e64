"""An FTP server as the settings name it."""

import ssl
from dataclasses import dataclass


@dataclass(frozen=True)
class Server:
    """Where a server is and how one logs in.

    `place` is its URL without user and password, `setting` the setting that holds it whole: both for messages.
    """

    place: str
    address: tuple[str, int]
    user: str
    password: str
    tls: ssl.SSLContext | None
    setting: str
