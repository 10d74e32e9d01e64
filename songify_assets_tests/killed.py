"""A `songify` command that dies by SIGKILL at a named step: when it calls a function for the n-th time, or has returned from it."""

import importlib
import os
import signal
import sys
from typing import Any

from songify_assets_tests import warm
from songify_assets_tests.home import Home, plain_environment


def killed_at(home: Home, step: str, when: str, *args: str, number: int = 1) -> bool:
    """Runs a command that dies before or after it calls `module:function`; whether it came so far."""
    base = {"SONGIFY_HOME": str(home.path), "SONGIFY_SETTLE_SECONDS": "0"}
    environment = {**plain_environment(), **base, **home.env}
    ran = warm.run(_dying, step, when, number, argv=args, env=environment, cwd=home.path)
    return ran.status == -signal.SIGKILL


def _dying(step: str, when: str, number: int) -> None:
    module, _, path = step.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    function, calls = getattr(owner, name), 0

    def dying(*args: Any, **values: Any) -> Any:
        nonlocal calls
        calls += 1
        if when == "before" and calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **values)
        if when == "after" and calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)
    for loaded in [module for at, module in sys.modules.items() if at.startswith("songify_assets.")]:
        for called in [called for called, value in vars(loaded).items() if value is function]:
            setattr(loaded, called, dying)  # where it was imported by name
    warm.songify()
