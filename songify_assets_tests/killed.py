"""A `songify` command that dies by SIGKILL at a named step: when it calls a function for the n-th time, or has returned from it."""

import signal
import subprocess
import sys

from songify_assets_tests.home import Home, plain_environment

SCRIPT = """
import importlib, os, signal, sys
module, _, path = sys.argv.pop(1).partition(":")
when, number = sys.argv.pop(1), int(sys.argv.pop(1))
*owners, name = path.split(".")
owner = importlib.import_module(module)
for part in owners:
    owner = getattr(owner, part)
function, calls = getattr(owner, name), [0]

def dying(*args, **values):
    calls[0] += 1
    if when == "before" and calls[0] == number:
        os.kill(os.getpid(), signal.SIGKILL)
    result = function(*args, **values)
    if when == "after" and calls[0] == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(owner, name, dying)
from songify_assets.cli import main
main()
"""


def killed_at(home: Home, step: str, when: str, *args: str, number: int = 1) -> bool:
    """Runs a command that dies before or after it calls `module:function`; whether it came so far."""
    environment = {**plain_environment(), "SONGIFY_HOME": str(home.path), "SONGIFY_SETTLE_SECONDS": "0"}
    command = [sys.executable, "-c", SCRIPT, step, when, str(number), *args]
    ran = subprocess.run(command, env=environment, capture_output=True, check=False)
    return ran.returncode == -signal.SIGKILL
