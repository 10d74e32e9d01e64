"""The embedded FTP server is read-only, wants its password, and ends with its block."""

import ftplib
import threading
from pathlib import Path

import pytest

from songify_assets.generator.ftp_server import serve


def test_ftp_server(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "authors.json").write_bytes(b"[]")
    with serve(tmp_path, "songify", "secret") as port:
        with ftplib.FTP() as ftp:
            ftp.connect("127.0.0.1", port, timeout=5)
            ftp.login("songify", "secret")
            assert [name for name, _ in ftp.mlsd("vendor")] == ["authors.json"]
            got: list[bytes] = []
            ftp.retrbinary("RETR vendor/authors.json", got.append)
            assert b"".join(got) == b"[]"
            with pytest.raises(ftplib.error_perm):
                ftp.delete("vendor/authors.json")
        with ftplib.FTP() as ftp:
            ftp.connect("127.0.0.1", port, timeout=5)
            with pytest.raises(ftplib.error_perm):
                ftp.login("songify", "wrong")
    assert "songify-ftp" not in {thread.name for thread in threading.enumerate()}
    with ftplib.FTP() as ftp, pytest.raises(ConnectionRefusedError):
        ftp.connect("127.0.0.1", port, timeout=5)
