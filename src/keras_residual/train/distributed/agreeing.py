"""How processes that train together agree: all begin, stop and end, or none.

What they say to each other goes through JAX.
"""

from __future__ import annotations

import hashlib
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Never

from keras_residual.common.errors import ResidualError
from keras_residual.train.distributed.hosts import PeerError, hosts, this_host

_LENGTH = 32  # bytes of a SHA-256
_ENDED = "keras-residual ends here: the other processes see that it is gone."


def asked_to_stop(step: int) -> bool:
    """Says whether all stop after this step, since one was told to by SIGTERM.

    Args:
        step: Steps so far, the same for all.
    """
    if hosts() == 1:
        return False
    from jax.experimental import multihost_utils

    return multihost_utils.reached_preemption_sync_point(step)


@contextmanager
def together(doing: str) -> Iterator[list[str]]:
    """Lets all go on, or none: every process says whether it has done its part.

    Args:
        doing: What each has to do, in words.

    Yields:
        A list for texts that have to be the same for all.

    Raises:
        PeerError: Another one could not do it, or says something else.
    """
    texts: list[str] = []
    if hosts() == 1:
        yield texts
        return
    try:
        yield texts
    except BaseException:
        _all_say(b"")
        raise
    said = _all_say(hashlib.sha256("\0".join(texts).encode()).digest())
    if any(not any(one) for one in said):
        failed = [str(k) for k, one in enumerate(said) if not any(one)]
        raise PeerError(
            f"Hosts: process {', '.join(failed)} could not {doing}.",
            given=f"this is process {this_host()} of {hosts()}",
            needed="All of them go on, or none.",
            write="what its own message says, and start all of them again",
        )
    if any(one != said[0] for one in said):
        raise PeerError(
            "Hosts: the processes were not told the same.",
            given=f"another recipe, data or package on one of {hosts()} processes",
            needed="One network is trained, by one command in every process; the data "
            "is the same everywhere.",
            write="the same command for all, with a --process of its own for each",
        )


def _all_say(text: bytes) -> list[list[int]]:
    """Returns what each process says, by its number."""
    import numpy as np
    from jax.experimental import multihost_utils

    mine = np.frombuffer(text.ljust(_LENGTH, b"\0"), np.uint8)
    return np.reshape(multihost_utils.process_allgather(mine), (-1, _LENGTH)).tolist()


@contextmanager
def one_for_all() -> Iterator[None]:
    """Says what it means, in training, that a step fails on one of several hosts.

    Raises:
        PeerError: A step failed that is no fault of ours or of the data.
    """
    try:
        yield
    except ResidualError:
        raise
    except Exception as error:  # JAX has several kinds for it
        if hosts() == 1:
            raise
        raise PeerError(
            f"Hosts: a step failed on process {this_host()} of {hosts()}.",
            given=f"{type(error).__name__}: {str(error).strip():.200}",
            needed="All processes take every step; where one ends, all do. The run "
            "folder holds what the first one saved before.",
            write="keras-residual train --resume --out FOLDER, in every process",
        ) from error


@contextmanager
def ending() -> Iterator[None]:
    """Ends a process that failed at once: at its usual end it waits for all others."""
    try:
        yield
    except SystemExit as end:
        if end.code and hosts() > 1:
            _leave(end.code if isinstance(end.code, int) else 1)
        raise
    except BaseException:
        if hosts() > 1:
            traceback.print_exc()
            _leave(1)
        raise


def _leave(code: int) -> Never:
    sys.stderr.write(f"{_ENDED}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
