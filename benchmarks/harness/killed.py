"""A training that ends itself with a signal, at a place that its caller names.

    python benchmarks/harness/killed.py step:3 train --data pictures --out run
    python benchmarks/harness/killed.py none train --resume --out run

A place is the name of a moment, which time it is, and, if not SIGKILL, the signal; with
"group" after it, all processes of the group are told.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

NETWORK = "kills"
SIDE = 16


def moments() -> dict[str, tuple[Any, str, str]]:
    """Returns of each moment who is called there, and when the signal comes.

    That is before the call, after it, or after it with only half of the file left
    that it wrote, if the process has no more time.
    """
    import keras

    from keras_residual.train.resuming import checkpoints
    from keras_residual.train.resuming.saving import SaveRun

    return {
        "compiled": (keras.Model, "compile", "after"),
        "unsaved": (SaveRun, "on_train_batch_end", "before"),
        "step": (SaveRun, "on_train_batch_end", "after"),
        "validation": (SaveRun, "on_test_batch_end", "after"),
        "epoch": (SaveRun, "on_epoch_end", "before"),
        "saved": (SaveRun, "on_epoch_end", "after"),
        "half": (checkpoints, "write", "half"),
        "unnamed": (checkpoints.Checkpoints, "_put", "before"),
        "named": (checkpoints.Checkpoints, "_put", "after"),
        "model": (keras.Model, "save", "half"),
        "best": (keras.Model, "save_weights", "half"),
    }


def arm(place: str) -> None:
    """Lets the process end where it is told to.

    Args:
        place: The moment, which time, and perhaps a signal: "step:5:SIGTERM".
    """
    moment, count, *names = place.split(":")
    owner, name, when = moments()[moment]
    number = signal.Signals[names[0] if names else "SIGKILL"]
    told = 0 if "group" in names else os.getpid()
    original: Callable[..., Any] = getattr(owner, name)
    left = [int(count)]

    def called(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0]:
            return original(*arguments, **named)
        if when == "before":
            os.kill(told, number)
        found = original(*arguments, **named)
        if when == "half" and number == signal.SIGKILL:
            path = next(one for one in arguments if isinstance(one, Path))
            os.truncate(path, path.stat().st_size // 2)
        if when != "before":
            os.kill(told, number)
        return found

    setattr(owner, name, called)


def register() -> None:
    """Makes a network with all that draws in training one that the command knows."""
    import keras_residual as kr
    from keras_residual.cli.models import CATALOGUE

    CATALOGUE[NETWORK] = CATALOGUE["resnet8"]

    @kr.models.register(NETWORK, input_shape=(SIDE, SIDE, 3))
    def network(x: Any, classes: int | None) -> Any:
        x = kr.conv(8, 3)(x)
        for stride in (1, 2):
            x = kr.blocks.basic(8, stride=stride, tail=kr.drop_path(0.3))(x)
        x = kr.dropout(0.3)(kr.pool("global_average")(x))
        return kr.dense(classes or 2)(x)


def main() -> None:
    from keras_residual.cli.main import main as command

    place = sys.argv.pop(1)
    register()
    if place != "none":
        arm(place)
    command()


if __name__ == "__main__":
    main()
