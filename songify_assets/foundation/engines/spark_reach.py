"""Whether Spark can be asked at all: what it needs here, and whether something answers under the address of its master."""

import os
import shutil
import socket
import struct
from contextlib import closing, suppress
from importlib.util import find_spec

from songify_assets.errors import EngineUnreachable, SettingsError

ANSWERS_WITHIN_S, MOST_BYTES = 10, 1 << 20
NOBODY, ANOTHER = "nothing answers there", "what answers there is none"

# Spark's own protocol: the length of a frame, the kind of message, its number, the length of its body. The body asks
# for an endpoint by name: no sender, no address, the name, and Java's serialised null. No master has this one, and says so.
REQUEST, REFUSED, NUMBER = 3, 5, 1
_NAME = b"songify"
_BODY = struct.pack(f">??H{len(_NAME)}s5s", False, False, len(_NAME), _NAME, b"\xac\xed\x00\x05\x70")
QUESTION = struct.pack(">QBQI", 8 + 1 + 8 + 4 + len(_BODY), REQUEST, NUMBER, len(_BODY)) + _BODY
ANSWER = struct.Struct(">QBQ")


def need_spark(master: str) -> None:
    """SettingsError where Spark is not installed here, EngineUnreachable where no Spark answers under the master's address."""
    packages = ("pyspark", "grpc_status") if is_connect(master) else ("pyspark",)
    if not all(map(find_spec, packages)):
        raise _lacking("pyspark is not installed", "Install songify-assets[spark].")
    home = os.environ.get("JAVA_HOME")
    # Spark Connect computes elsewhere, and its client is Python.
    if not is_connect(master) and not shutil.which("java", path=f"{home}/bin" if home else None):
        raise _lacking("there is no Java", "Install Java 17 or set JAVA_HOME.")
    if is_local(master):
        return
    ask = _ask_connect if is_connect(master) else _ask_master
    troubles = [ask(*address) for address in addresses(master)]
    if all(troubles):
        raise unreachable(master, ANOTHER if ANOTHER in troubles else NOBODY)


def is_local(master: str) -> bool:
    """Whether Spark is to run in this process."""
    return master.startswith("local")


def is_connect(master: str) -> bool:
    """Whether a server of Spark Connect is to be asked."""
    return master.startswith("sc://")


def addresses(master: str) -> list[tuple[str, int]]:
    """The hosts and ports of a master.

    >>> addresses("spark://a:7077,b:7078")
    [('a', 7077), ('b', 7078)]
    """
    places = master.partition("://")[2].split(",")
    return [(host, int(port)) for host, _, port in (place.rpartition(":") for place in places)]


def unreachable(master: str, why: str) -> EngineUnreachable:
    """The error of a master that does not answer, or not as one does."""
    remedy = "Start it or correct SONGIFY_SPARK_MASTER; what was not computed is computed by the next load."
    kind = "Spark Connect server" if is_connect(master) else "Spark master"
    return EngineUnreachable(f"this {kind} cannot be reached: {why}", where=master, remedy=remedy)


def _lacking(what: str, remedy: str) -> SettingsError:
    remedy = f"{remedy} Or set SONGIFY_ENGINE=polars."
    return SettingsError(f"Spark is asked for, and {what}", where="SONGIFY_ENGINE", remedy=remedy)


def _ask_master(host: str, port: int) -> str:
    """Why no master can be reached under an address; empty if one answers."""
    try:
        connection = socket.create_connection((host, port), timeout=ANSWERS_WITHIN_S)
    except OSError:
        return NOBODY
    with connection, suppress(OSError):
        connection.sendall(QUESTION)
        length, kind, number = ANSWER.unpack(connection.recv(ANSWER.size, socket.MSG_WAITALL).ljust(ANSWER.size))
        if (kind, number) == (REFUSED, NUMBER):
            # The rest is read, too: a master writes down who hangs up on it.
            connection.recv(min(max(length - ANSWER.size, 0), MOST_BYTES), socket.MSG_WAITALL)
            return ""
    return ANOTHER


def _ask_connect(host: str, port: int) -> str:
    """Why no server of Spark Connect can be reached under an address; empty if one answers."""
    import grpc

    try:
        socket.create_connection((host, port), timeout=ANSWERS_WITHIN_S).close()
    except OSError:
        return NOBODY
    with closing(grpc.insecure_channel(f"{host}:{port}")) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=ANSWERS_WITHIN_S)
            channel.unary_unary("/spark.connect.SparkConnectService/ReleaseSession")(b"", timeout=ANSWERS_WITHIN_S)
        except grpc.FutureTimeoutError:
            return ANOTHER
        except grpc.RpcError as error:
            # A request without a session is refused by its own server in one way, and by any other in these.
            others = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
            return ANOTHER if error.code() in others else ""
    return ""
