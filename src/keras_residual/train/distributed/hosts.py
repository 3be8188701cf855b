"""Processes that train one network together: who they are, how they agree and end.

All of it is JAX's own, which alone of the three backends joins processes under Keras.
"""

from __future__ import annotations

import os
import re
import sys
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
        raise _not_met(place, error) from error
    except RuntimeError as error:
        raise InputError(
            "Hosts: this process has begun alone.",
            given=f"hosts={place.coordinator!r}; {str(error).splitlines()[0]:.200}",
            needed="Processes are joined once, before JAX computes anything.",
            write="kr.train.join_hosts(...) as the first line after the imports",
        ) from error


def _not_met(place: Place, error: Exception) -> PeerError:
    return PeerError(
        "Hosts: the processes did not meet.",
        given=f"process {place.number} of {place.of}, {place.coordinator}; "
        f"{str(error).splitlines()[0]:.200}",
        needed=f"All begin within {JOINING} seconds, and reach the first one's "
        "address and port.",
        write=PYTHON,
        option=WRITE,
    )


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
