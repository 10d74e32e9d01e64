"""What a process with a moved clock starts with, as this folder is first on its path.

libfaketime (0.9.10) lets `time.sleep` fail with "Invalid argument" where only the time of day is moved, and moving the other
clock too lets waiting threads wait for ever. `select` waits the same time by another system call.
"""

import select
import time


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep
