"""`songify load` handed to the loader of a home: a process that has imported everything and forks the load at once.

Both talk over a socket in the home that only its owner can reach. A leaf: the one who hands over imports nothing that is slow.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

SOCKET = "loader.sock"
TAKEN, INTERRUPT = b"taken", b"interrupt"
MOST_BYTES = 2**18  # of a request: arguments, folder, environment
LOST = "songify: the loader has ended, and the load with it; nothing is half done, the next load goes on from here."


@contextmanager
def address(home: Path) -> Iterator[str]:
    """The address of a home's loader: through the open folder, since an address has no room for a long path."""
    folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)


def handed_over(arguments: list[str], home: Path) -> int | None:
    """The exit status of `songify` with these arguments, run by the home's loader; None where there is none that takes them."""
    request = {"arguments": arguments, "environment": dict(os.environ), "product": product()}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as loader:
        try:
            with address(home) as place:
                loader.connect(place)
            asked = json.dumps({**request, "folder": str(Path.cwd())}).encode()
            socket.send_fds(loader, [asked], [1, 2])
            if loader.recv(len(TAKEN)) != TAKEN:
                return None
        except OSError:
            return None
        return _ended(loader)


def _ended(loader: socket.socket) -> int:
    """How the load ends; Ctrl-C is passed on to it."""
    while True:
        try:
            if told := loader.recv(1):
                return told[0]
            print(LOST, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            with suppress(OSError):
                loader.send(INTERRUPT)


def is_alike(request: Mapping[str, Any]) -> bool:
    """Whether who asks would load with the same product, the same Python and the same settings of it as this process."""
    return request["product"] == product() and _of_python(request["environment"]) == _of_python(os.environ)


def product() -> list[str]:
    """Where the product and the libraries are."""
    return [str(Path(__file__).parent), sys.prefix]


def _of_python(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings of Python, of the linker and of the clock."""
    return {name: value for name, value in environment.items() if name.startswith(("PYTHON", "LD_", "FAKETIME", "TZ"))}
