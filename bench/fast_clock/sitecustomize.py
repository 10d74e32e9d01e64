"""What a process whose clock runs faster starts with, as this folder is first on its path.

`FAST_CLOCK` says how many times as fast, and at which instant it showed the right time: nanoseconds since the machine started
and since 1970. Only the time of day is faster: what waits, waits as long as ever.
"""

import os
import time

_speed, _began_at, _began = (int(part) for part in os.environ["FAST_CLOCK"].split(" "))


def _time_ns() -> int:
    return _began + (time.monotonic_ns() - _began_at) * _speed


time.time_ns = _time_ns
time.time = lambda: _time_ns() / 1e9
