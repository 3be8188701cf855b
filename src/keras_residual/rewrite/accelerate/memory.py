"""Memory that is no longer used, handed back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys


def hand_back() -> None:
    """Lets go of what was traced and compiled, which is as large as a model.

    Traces refer to themselves, so that only the collector frees them. And the C library
    keeps what a compiler freed, in pieces that no large array fits into.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
        if trim is not None:
            trim(0)
