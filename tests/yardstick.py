"""How fast this machine is now: a limit on time is a multiple of it, never seconds."""

import time

WATCHDOG = 1800
"""Seconds after which a process hangs and is ended; no promise is held to them."""


def yardstick() -> float:
    """Returns the processor time of a million squares."""
    start = time.process_time()
    sum(number * number for number in range(1_000_000))
    return time.process_time() - start
