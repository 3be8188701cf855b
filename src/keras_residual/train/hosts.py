"""Processes that train one network together: who they are, how they agree and end.

All of it is JAX's own, which alone of the three backends joins processes under Keras.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Never

from keras_residual.common.errors import ResidualError
from keras_residual.common.terminal import Console
from keras_residual.compose.arguments import checked
from keras_residual.train.mistake import InputError

JOINING = 300  # seconds that the first process waits for the last
HEARTBEAT = 30  # seconds without a sign of life, and a process counts as lost
WRITE = "--hosts 10.0.0.1:1234 --process 0/2, with 1/2 on the second"
PYTHON = 'kr.train.join_hosts("10.0.0.1:1234", "0/2"), with "1/2" on the second'
_LENGTH = 32  # bytes of a SHA-256
_ENDED = "keras-residual ends here: the other processes see that it is gone."


@dataclass(frozen=True)
class Place:
    """Where a process stands among those that train together."""

    coordinator: str
    number: int
    of: int


class PeerError(ResidualError, RuntimeError):
    """Says that the processes of several hosts cannot go on together."""


def place_of(coordinator: str | None, process: str | None) -> Place | None:
    """Reads what is said of hosts; nothing is said of one.

    Args:
        coordinator: Address and port of the first process.
        process: Which one this is, and of how many: "0/2".

    Raises:
        InputError: One of them is missing, or no such text.
    """
    if coordinator is None and process is None:
        return None
    address = re.fullmatch(
        r"[^\s:]+:(\d{1,5})|\[[0-9a-fA-F:]+\]:(\d{1,5})", coordinator or ""
    )
    number = re.fullmatch(r"(\d{1,6})/(\d{1,6})", process or "")
    if address and number and 0 < int(address[1] or address[2]) < 2**16:
        this, of = int(number[1]), int(number[2])
        if this < of:
            return Place(str(coordinator), this, of)
    raise InputError(
        "Hosts: it is not said which process this is.",
        given=f"hosts={coordinator!r}, process={process!r}",
        needed="Address and port of the first process are the same for all; each has a "
        "number of its own, from 0, and says how many they are.",
        write=PYTHON,
        option=WRITE,
    )


@checked
def join_hosts(coordinator: str, process: str) -> None:
    """Joins this process to the others that train the same network.

    Call it in every process before anything is computed, and then `fit` with the same
    arguments. Each reads its own share of every batch; the first one writes the files.
    Use it on JAX, for several machines or several processes on one.

    Args:
        coordinator: Address and port of the first process, the same for all.
        process: Which one this is, from 0, and of how many: "0/2".

    Raises:
        InputError: They are no such texts, the backend is another one, or something
            was computed before.
        PeerError: The others did not come within five minutes.

    Examples:
        >>> join_hosts("10.0.0.1:1234", "2/2")
        Traceback (most recent call last):
        keras_residual.train.mistake.InputError: Hosts: it is not said which process...
    """
    place = place_of(coordinator, process)
    assert place is not None  # noqa: S101  both texts were given
    join(place)


def join(place: Place) -> None:
    """Joins this process to the others; see `join_hosts`.

    Args:
        place: Where it stands among them.
    """
    backend = os.environ.get("KERAS_BACKEND")
    if "keras" in sys.modules:
        import keras

        backend = keras.config.backend()
    if backend != "jax":
        refuse_backend(str(backend), f"hosts={place.coordinator!r}")
    import jax

    try:
        jax.distributed.initialize(
            place.coordinator,
            num_processes=place.of,
            process_id=place.number,
            cluster_detection_method="deactivate",
            initialization_timeout=JOINING,
            heartbeat_timeout_seconds=HEARTBEAT,
        )
    except jax.errors.JaxRuntimeError as error:
        raise PeerError(
            "Hosts: the processes did not meet.",
            given=f"process {place.number} of {place.of}, {place.coordinator}; "
            f"{str(error).splitlines()[0]:.200}",
            needed=f"All begin within {JOINING} seconds, and reach the first one's "
            "address and port.",
            write=PYTHON,
            option=WRITE,
        ) from error
    except RuntimeError as error:
        raise InputError(
            "Hosts: this process has begun alone.",
            given=f"hosts={place.coordinator!r}; {str(error).splitlines()[0]:.200}",
            needed="Processes are joined once, before JAX computes anything.",
            write="kr.train.join_hosts(...) as the first line after the imports",
        ) from error


def refuse_backend(backend: str, given: str) -> Never:
    """Refuses what only one backend does.

    Args:
        backend: The one that Keras runs on.
        given: What was asked for.

    Raises:
        InputError: Always.
    """
    raise InputError(
        "Devices: this backend trains on one.",
        given=f"{given}, backend={backend!r}",
        needed="Keras spreads a training over devices and hosts on JAX alone, so that "
        "it equals that on one device.",
        write="KERAS_BACKEND=jax in front of the command",
        option="--backend jax",
    )


def _jax() -> Any:
    """Returns JAX where it has joined processes."""
    jax = sys.modules.get("jax")
    return jax if jax is not None and jax.distributed.is_initialized() else None


def hosts() -> int:
    """Returns the number of processes that train together."""
    jax = _jax()
    return 1 if jax is None else jax.process_count()


def this_host() -> int:
    """Returns the number of this process among them."""
    jax = _jax()
    return 0 if jax is None else jax.process_index()


def is_writer() -> bool:
    """Says whether this process writes the files: one of them does, the first."""
    return this_host() == 0


def shown(console: Console | None) -> Console:
    """Returns where progress is shown: once, where several hosts train.

    Args:
        console: Where it was asked for.
    """
    return console if console and is_writer() else Console(quiet=True)


def devices_of_hosts() -> list[list[str]]:
    """Returns the devices of each process, in the words of `keras.distribution`."""
    import jax

    found: list[list[str]] = [[] for _ in range(jax.process_count())]
    for device in jax.devices():
        found[device.process_index].append(f"{device.platform}:{device.id}")
    return found


def asked_to_stop(step: int) -> bool:
    """Says whether all stop after this step, since one was told to by SIGTERM.

    Args:
        step: Steps so far, the same for all.
    """
    if _jax() is None:
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
