"""What happens around every command, and how one prints what is not Rich's."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import typer

from keras_residual.common.extras import require
from keras_residual.common.terminal import Console, plain
from keras_residual.train.devices import choose_backend
from keras_residual.train.distributed.hosts import Place, join

_INTERRUPTED = 130  # what shells expect after Ctrl-C
_ENDED = (129, 143)  # after SIGHUP and SIGTERM
Result = TypeVar("Result")


def start(
    backend: str | None,
    console: Console,
    *,
    trains: bool = False,
    place: Place | None = None,
) -> None:
    """Chooses the backend, before Keras is imported, and says so where it matters.

    Args:
        backend: What was asked for.
        console: Where to say it.
        trains: Whether the command sets seeds.
        place: Where this process stands among several.
    """
    _, note = choose_backend(backend)
    if note:
        console.print(note)
    if place is not None:
        join(place)
    with _silence():
        import keras

        keras.ops.zeros(())  # a backend looks for its devices, and says what it lacks
        if trains:
            require("train", "Training", "grain")  # it warns where JAX is missing
            # Keras seeds TensorFlow too, on any backend, and so imports it.
            keras.utils.set_random_seed(0)
    # It warns of every network that is traced; a command traces several on purpose.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


@contextmanager
def _silence() -> Iterator[None]:
    # TensorFlow's C++ half writes banners to stderr on import, whatever its log level
    # is set to, and complaints where it finds no GPU; Grain writes a warning.
    # Exceptions are not held back.
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def unless_stopped(
    work: Callable[[], Result], folder: Path, command: str = "train"
) -> Result:
    """Runs a training; a signal that ends it ends with the line to go on with.

    Args:
        work: The training.
        folder: Its run folder.
        command: What goes on with it.
    """
    try:
        return work()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except SystemExit as ended:
        if ended.code not in _ENDED:
            raise
        code = int(ended.code or 0)
    echo(
        f"\nStopped; what is done is saved. Go on with:\n"
        f"  keras-residual {command} --resume --out {folder}"
    )
    raise typer.Exit(code)


def echo(text: str, *, nl: bool = True, err: bool = False) -> None:
    """Prints a text; what a name from a file would order the terminal is spelt out.

    Args:
        text: The text.
        nl: Whether the line ends.
        err: Whether it goes to the errors.
    """
    typer.echo(plain(text), nl=nl, err=err)
