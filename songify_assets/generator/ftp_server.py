"""An FTP server inside this process, so that `songify demo` loads its drops the way a real vendor delivers them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from warnings import catch_warnings, simplefilter

with catch_warnings():
    simplefilter("ignore")  # pyftpdlib and its asyncore warn when imported, about things that are not ours
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

READ_ONLY = "elr"  # change directory, list, retrieve
"""What the user may do."""


@contextmanager
def serve(root: Path, user: str, password: str) -> Iterator[int]:
    """Serve a folder, read-only, on 127.0.0.1; yields the port. The server ends with the block."""
    logger = logging.getLogger("pyftpdlib")
    logger.setLevel(logging.WARNING)
    logger.addHandler(logging.NullHandler())  # else it takes its log for unconfigured, and turns it on
    authorizer = DummyAuthorizer()
    authorizer.add_user(user, password, str(root), perm=READ_ONLY)
    handler = type("QuietHandler", (FTPHandler,), {"authorizer": authorizer, "use_gmt_times": True})
    loop = IOLoop()
    server = FTPServer(("127.0.0.1", 0), handler, ioloop=loop)
    stop = Event()
    thread = Thread(target=_run, args=(server, stop), name="songify-ftp", daemon=True)
    thread.start()
    try:
        yield int(server.address[1])
    finally:
        stop.set()
        thread.join(timeout=10)


def _run(server: FTPServer, stop: Event) -> None:
    # Everything that touches the sockets, closing them too, happens in this one thread: the loop is not thread-safe.
    try:
        while not stop.is_set():
            server.ioloop.loop(timeout=0.05, blocking=False)
    finally:
        server.close_all()
        server.ioloop.close()
