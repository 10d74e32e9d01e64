"""The Dagster instance of a home, with what is wrong with its storage in words. It imports nothing of tables: `make dev` begins with it."""

import errno
import os
import re
import shutil
import sqlite3
from pathlib import Path

import dagster as dg

from songify_assets.errors import SettingsError
from songify_assets.foundation.trouble import of_file
from songify_assets.orchestration.dagster_internals.run_storage import kept_open
from songify_assets.orchestration.dagster_internals.storage import trouble

LONGEST = 300


def open_instance(home: Path) -> dg.DagsterInstance:
    """The Dagster instance of a home; in this process `DAGSTER_HOME` is its folder from now on, whatever it was.

    Raises SettingsError when its storage cannot be opened, such as a Postgres that does not run, HomeError when its databases
    are damaged or cannot be written.
    """
    folder = home / "dagster"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "dagster.yaml").exists():
            shutil.copyfile(Path(__file__).with_name("dagster.yaml"), folder / "dagster.yaml")
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ENOENT, errno.EACCES, errno.EEXIST):
            what, remedy = f"{home} cannot be used as a folder ({error.strerror})", "Name a folder of yours."
            raise SettingsError(what, where="SONGIFY_HOME", remedy=remedy) from None
        raise of_file(error) from None
    os.environ["DAGSTER_HOME"] = str(folder)
    try:
        return kept_open(folder)
    except Exception as error:
        bottom = at_bottom(error)
        if isinstance(bottom, sqlite3.Error) and (found := trouble(home, bottom)):
            raise found from None
        raise SettingsError(
            f"Dagster's storage cannot be opened: {in_short(error)}",
            where=str(folder / "dagster.yaml"),
            remedy="Correct that file. With Postgres, set DAGSTER_POSTGRES_URL (postgresql+psycopg2://…) in the environment "
            "and see that the server runs.",
        ) from None


def at_bottom(error: BaseException) -> BaseException:
    """The first of the errors that led to this one."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error


def in_short(error: BaseException) -> str:
    """What is at the bottom of an error, without the address and password that a URL may hold."""
    error = at_bottom(error)
    told = [one.message for one in error.errors] if isinstance(error, dg.DagsterInvalidConfigError) else [str(error)]
    lines = [line.strip() for line in " ".join(told).splitlines() if line.strip()]
    said = re.sub(r"://\S+", "://…", " ".join(lines) or type(error).__name__)
    return (said if len(said) <= LONGEST else said[:LONGEST] + "…").rstrip(".")
