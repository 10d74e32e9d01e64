"""A real Postgres on 127.0.0.1 for tests."""

import contextlib
import os
import pwd
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from songify_assets_tests.servers import HOST, free_port

USER = "songify"
# SQLAlchemy would rather use a driver that dagster-postgres does not bring along.
DRIVER = "postgresql+psycopg2"
# Enough for a test; nothing is to outlive a power cut.
SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "16MB"}


@dataclass(frozen=True)
class Postgres:
    """A server that runs, open to everybody on this machine; `sockets` is the folder of its Unix socket."""

    port: int
    sockets: Path
    programs: Path

    def url(self, database: str) -> str:
        """The address of a database over TCP."""
        return f"{DRIVER}://{USER}@{HOST}:{self.port}/{database}"

    def socket_url(self, database: str) -> str:
        """The address of a database over the Unix socket, as a server without passwords has it."""
        return f"{DRIVER}://{USER}@/{database}?host={self.sockets}&port={self.port}"

    def new_database(self, name: str) -> str:
        """Creates an empty database, which sorts texts as people do and not by their bytes; its address."""
        options = ["--template=template0", "--locale-provider=icu", "--icu-locale=en-US"]
        self.run("createdb", *options, name)
        return self.url(name)

    def run(self, program: str, *args: str) -> str:
        """One of Postgres' own commands, on this server; what it prints."""
        command = [str(self.programs / program), "--host", HOST, "--port", str(self.port), "--username", USER, *args]
        return _run(command, user=None)


@contextlib.contextmanager
def postgres(file_bytes: int | None = None) -> Iterator[Postgres]:
    """Postgres of the system on a free port, in a folder that goes with it; it is stopped however the block ends.

    None of its files may grow beyond `file_bytes`: to the server that is a full disk.
    """
    programs = needs_postgres()
    user = "postgres" if os.geteuid() == 0 else None  # Postgres refuses to be root
    with tempfile.TemporaryDirectory(prefix="songify-postgres-", dir="/tmp") as folder:  # a socket's path must be short
        if user:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data, port = Path(folder, "data"), free_port()
        # "trust" needs no password: only this machine can reach it, and only while the test runs.
        making = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C", "--no-sync"]
        _run([str(programs / "initdb"), f"--pgdata={data}", *making], user)
        settings = {**SETTINGS, "listen_addresses": HOST, "port": port, "unix_socket_directories": folder}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        control = [str(programs / "pg_ctl"), f"--pgdata={data}", "--wait", f"--log={folder}/log"]
        try:
            _run([*control, f"--options={options}", "start"], user, file_bytes)
            yield Postgres(port, Path(folder), programs)
        finally:
            if (data / "postmaster.pid").exists():
                _run([*control, "--mode=immediate", "stop"], user)


def needs_postgres() -> Path:
    """The folder of Postgres' programs, the newest; skips the test where there is none, or fails it if all are required."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        missing = "Postgres is not installed (on Debian: apt-get install postgresql)"
        if os.environ.get("SONGIFY_TESTS_REQUIRE_ALL") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return found[-1].parent


def _run(command: list[str], user: str | None, file_bytes: int | None = None) -> str:
    """Runs a command to its end, in a folder that any user may read; what it printed goes to a file, as servers inherit it."""
    with tempfile.TemporaryFile() as out:
        ran = subprocess.run(
            command,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd="/",
            stdout=out,
            stderr=out,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes,) * 2) if file_bytes else None,
        )
        out.seek(0)
        said = out.read().decode(errors="replace")
    assert ran.returncode == 0, f"{command}:\n{said}"
    return said
