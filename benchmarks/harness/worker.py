"""One form in a process of its own: built, trained a step at a time when told to."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from signal import SIGCONT, SIGSTOP
from time import perf_counter
from typing import Any

import numpy as np

from harness.forms import Form

WARM_UP = 1
"""Steps after the first that are not timed: caches fill, a backend may trace again."""

DEVICES = {
    "cpu": {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"},
    "gpu": {
        "JAX_PLATFORMS": "cuda",  # else JAX would quietly take the processor
        # Many processes share the card: none may take all of its memory at once.
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    },
}
"""What the environment says, so that every form computes there."""

_MIB = 1 << 20 if sys.platform == "darwin" else 1 << 10  # in units of ru_maxrss
_here: dict[str, Any] = {}


@dataclass(frozen=True)
class Start:
    """What the beginning of a process cost, in seconds."""

    build: float
    first_step: float


@dataclass(frozen=True)
class End:
    """What a form is, known when all its steps are done.

    Attributes:
        peak: MiB of resident memory at the most, above the process after its imports.
        parameters: Number of weights, moving statistics included.
        logits: What it answers with the agreed weights.
    """

    peak: float
    parameters: int
    logits: np.ndarray


class Worker:
    """A fresh process with one form in it; it is stopped until it is asked.

    Stopped, and not only waiting: the threads of some runtimes spin for a next call,
    and take a core from whoever has his turn.

    Args:
        form: One of `harness.forms.forms(backend)`.
        backend: What Keras computes with.
        depth: Depth of the network, or whatever else its maker takes for it.
        batch: Pictures in a batch.
        makers: The module whose `maker` knows the form.
        device: One of `DEVICES`.
    """

    def __init__(
        self,
        form: str,
        backend: str,
        depth: Any,
        batch: int,
        *,
        makers: str = "harness.forms",
        device: str = "cpu",
    ) -> None:
        self._process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        self._pid: int | None = None
        environment = {**DEVICES[device], "KERAS_BACKEND": backend}
        try:
            self.start: Start = self._ask(
                _start, environment, makers, form, depth, batch
            )
            self._pid = self._ask(os.getpid)
            self._signal(SIGSTOP)
        except BaseException:
            self.close()
            raise

    def steps(self, count: int) -> list[float]:
        """Trains some steps; returns the seconds that each took."""
        return self._ask(_steps, count)

    def end(self) -> End:
        """Asks what the form was, and ends its process."""
        try:
            return self._ask(_end)
        finally:
            self.close()

    def close(self) -> None:
        """Ends the process."""
        self._signal(SIGCONT)
        self._pid = None
        self._process.shutdown()

    def _ask(self, task: Any, *given: Any) -> Any:
        self._signal(SIGCONT)
        try:
            return self._process.submit(task, *given).result()
        finally:
            self._signal(SIGSTOP)

    def _signal(self, number: int) -> None:
        if self._pid is not None:
            with suppress(ProcessLookupError):  # it died, which `result` says
                os.kill(self._pid, number)


def _start(
    environment: dict[str, str], makers: str, form: str, depth: Any, batch: int
) -> Start:
    os.environ.update(environment, TF_CPP_MIN_LOG_LEVEL="2")
    with silence():
        make = import_module(makers).maker(form)
        _here["idle"] = _peak()
        begin = perf_counter()
        _here["form"] = made = make(depth, batch)
        built = perf_counter()
        made.step()
        stepped = perf_counter()
        for _ in range(WARM_UP):
            made.step()
    return Start(built - begin, stepped - built)


@contextmanager
def silence() -> Iterator[None]:
    """Keeps stderr from what libraries write there; exceptions are not held back."""
    # TensorFlow's C++ half writes banners on import, whatever its log level is set to;
    # Keras may import it late, and whatever its backend.
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _steps(count: int) -> list[float]:
    made: Form = _here["form"]
    seconds = []
    for _ in range(count):
        begin = perf_counter()
        made.step()
        seconds.append(perf_counter() - begin)
    return seconds


def _end() -> End:
    made: Form = _here["form"]
    peak = _peak() - _here["idle"]  # before the answer, which is not training
    return End(peak, made.parameters(), made.answer())


def _peak() -> float:
    """Returns the most memory that this process ever held, in MiB.

    A process inherits the peak of the one that started it, so that one stays small: it
    imports neither Keras nor a backend.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
