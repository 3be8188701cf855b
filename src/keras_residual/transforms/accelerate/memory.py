"""Memory that is no longer used, handed back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys


def release_compiled() -> None:
    """Lets go of what was traced or compiled, which is as large as a model.

    It refers to itself, so that only the collector frees it.
    """
    gc.collect()
    hand_back()


def hand_back() -> None:
    """Hands back what the C library keeps of what was freed.

    It lies in pieces that no large array fits into, above all after a compiler.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
        if trim is not None:
            trim(0)
