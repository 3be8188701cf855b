"""What a signal does that asks a run to end, and what the next one does."""

import os
import signal

import pytest
from forked import fork

from keras_residual.train.resuming.stopping import Wishes


def child(work):
    """Returns what a process ends with that does some work."""
    number = fork()
    if not number:
        try:
            work()
        except KeyboardInterrupt:
            os._exit(130)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (signal.SIGTERM, signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGHUP, signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGTERM, signal.SIGHUP, -signal.SIGHUP),
        (signal.SIGTERM, signal.SIGINT, 130),
    ],
)
def test_a_second_signal_ends_the_process_at_once(first, second, code):
    def work():
        for number in (signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with Wishes() as wishes:
            signal.raise_signal(first)
            if wishes.asked != first:
                os._exit(1)
            signal.raise_signal(second)
            os._exit(2)  # it went on

    assert child(work) == code


def test_a_signal_that_is_ignored_stays_so():
    def work():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with Wishes() as wishes:
            signal.raise_signal(signal.SIGHUP)
            os._exit(3 if not wishes.asked else 1)

    assert child(work) == 3
