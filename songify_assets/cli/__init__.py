"""The `songify` command: a thin face over the same definitions that the web UI shows.

Logs and progress go to standard error, results to standard output. Exit status: 0 all good; 1 a run or a blocking check failed
(everything else still loaded); 2 wrong usage or settings; 3 a source could not be reached.
"""

import atexit
import os
import sys
import warnings
from contextlib import suppress

import typer

from songify_assets.cli import answers, approve, demo, doctor, generate, load, quarantine, status
from songify_assets.cli.terminal import say
from songify_assets.errors import SettingsError, SongifyError, SourceUnreachable

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
app.command("generate")(generate.generate)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Runs the command line; what a user can cause is shown as one message, never as a traceback."""
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
    return 0
