"""The `songify` command: a thin face over the same definitions that the web UI shows.

Logs and progress go to standard error, results to standard output. Exit status: 0 all good; 1 a run or a blocking check failed
(everything else still loaded); 2 wrong usage or settings; 3 a source could not be reached.
"""

import atexit
import os
import sqlite3
import sys
import warnings
from contextlib import suppress
from typing import NoReturn

import typer

from songify_assets.cli import (
    answers,
    approve,
    close,
    compact,
    demo,
    doctor,
    explain,
    generate,
    keys,
    live,
    load,
    match,
    quarantine,
    rebuild,
    serve,
    status,
)
from songify_assets.cli.terminal import say
from songify_assets.errors import SettingsError, SongifyError, SourceUnreachable
from songify_assets.foundation.trouble import of_file
from songify_assets.settings import keep_private, load_settings

app = typer.Typer(
    name="songify",
    help="Messy file drops of a streaming company, turned into numbers it can run on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("load")(load.load)
app.command("status")(status.status)
app.command("answers")(answers.answers)
app.add_typer(quarantine.app, name="quarantine")
app.command("approve")(approve.approve)
# Ids of videos may begin with a hyphen.
app.command("match", context_settings={"ignore_unknown_options": True})(match.match)
app.command("explain-match", context_settings={"ignore_unknown_options": True})(match.explain_match)
app.command("explain", context_settings={"ignore_unknown_options": True})(explain.explain)
app.command("close")(close.close)
app.command("restate")(close.restate)
app.command("statements")(close.statements)
app.command("generate")(generate.generate)
app.command("doctor")(doctor.doctor)
app.command("rebuild")(rebuild.rebuild)
app.command("compact")(compact.compact)
app.command("live")(live.live)
app.command("serve")(serve.serve)
app.add_typer(keys.app, name="keys")


def main() -> NoReturn:
    """Runs the command line; what a user can cause is shown as one message, never as a traceback."""
    keep_private()
    warnings.filterwarnings("ignore", message=".* is currently in (beta|preview)")
    status = _run()
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    atexit._run_exitfuncs()
    # Everything is closed by now, and Python takes more than half a second to take its modules apart.
    os._exit(status)


def _run() -> int:
    try:
        app()
    except SongifyError as error:
        say(f"songify: {error}", err=True)
        return 2 if isinstance(error, SettingsError) else 3 if isinstance(error, SourceUnreachable) else 1
    except KeyboardInterrupt:
        print("songify: stopped; nothing is half done, the next load goes on from here.", file=sys.stderr)
        return 130
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except Exception as error:
        if (trouble := _of_home(error)) is None:
            raise
        say(f"songify: {trouble}", err=True)
        return 1
    return 0


def _of_home(error: Exception) -> SongifyError | None:
    """What to say of an error of the home's disk or of Dagster's databases; None if it is of nothing like that."""
    from songify_assets.orchestration.dagster_internals.storage import trouble
    from songify_assets.orchestration.instance import at_bottom

    bottom = at_bottom(error)
    if isinstance(bottom, sqlite3.Error):
        return trouble(load_settings().home, bottom)
    return of_file(bottom) if isinstance(bottom, OSError) else None
