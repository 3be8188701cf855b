"""What was freed goes back to the system."""

import resource
import sys
from pathlib import Path

import pytest

from keras_residual.transforms.accelerate.accelerating import (
    hand_back,
    release_compiled,
)

STATUS = Path("/proc/self/statm")


def resident():
    """Returns how many bytes of memory this process holds."""
    return int(STATUS.read_text().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do it themselves")
def test_what_was_freed_is_handed_back():
    hand_back()
    before = resident()
    pieces = [b"x" * 50_000 for _ in range(2_000)]
    pieces = pieces[::20]  # between them nothing can shrink by itself
    held = resident() - before
    hand_back()
    assert resident() - before < held / 2
    assert len(pieces) == 100


def test_cycles_are_let_go_of():
    class Freed(list):
        def __del__(self):
            gone.append(1)

    gone = []
    one = Freed()
    one.append(one)
    del one
    release_compiled()
    assert gone
