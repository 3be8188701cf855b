"""Where a run stands, read from its newest checkpoint as a stranger's."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from keras_residual.common.errors import ForeignError
from keras_residual.common.wording import listed
from keras_residual.train.mistake import InputError
from keras_residual.train.recipe import versions
from keras_residual.train.resuming.checkpoints import (
    NAME,
    Checkpoints,
    Snapshot,
    read,
    versions_of,
)
from keras_residual.train.resuming.rows import Row, row_in, rows_in
from keras_residual.train.resuming.variables import give_back, training_of, weights_of
from keras_residual.train.run_files import ANEW

SPARE = 64 * 2**20  # bytes that a file may have beyond twice what the model has
MOST_STEPS = 2**53
_VERSION = re.compile(r"[\w.+ -]{1,60}", re.ASCII)
ALWAYS = ("epoch", "loss", "val_loss", "learning_rate", "seconds")  # in a row


@dataclass
class Standing:
    """Where a run stands between two steps.

    Args:
        epoch: The epoch at hand, from 0.
        done: Its steps that are done; all of them where only its validation is left.
        rows: The history, a row for each epoch before it.
        logs: What the epoch's steps measured, where all of them are done.
        states: What callbacks know.
        best: The name of the checkpoint of the best epoch.
        files: The hashes of the files beside the checkpoints, by name.
        snapshot: Where it was read; None at the beginning of a run.
    """

    epoch: int = 0
    done: int = 0
    rows: list[Row] = field(default_factory=list)
    logs: Row | None = None
    states: list[Any] = field(default_factory=list)
    best: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    snapshot: Snapshot | None = None

    @property
    def next_epoch(self) -> int:
        """The epoch that `fit` begins with."""
        return self.epoch if self.logs is None else self.epoch + 1


def find_standing(
    checkpoints: Checkpoints,
    model: keras.Model,
    per_epoch: int,
    say: Callable[[str], Any],
) -> Standing | None:
    """Returns where a run stands by its newest checkpoint that is whole.

    Args:
        checkpoints: The checkpoints of the run.
        model: As the run's was made; no file may be far larger than it.
        per_epoch: Steps of an epoch.
        say: Is told of each checkpoint that is damaged, and of other versions.

    Returns:
        Where it stands; None where there is no checkpoint at all.

    Raises:
        InputError: There are checkpoints, and none is whole; or it is of another run.
    """
    variables = (*weights_of(model).values(), *training_of(model).values())
    found = checkpoints.latest(2 * sum(map(_bytes_of, variables)) + SPARE)
    for line in found.damaged:
        say(f"A checkpoint is damaged and left alone: {line}.")
    if found.snapshot is not None:
        with going_on(checkpoints.folder / found.snapshot.name):
            if found.snapshot.state.get("run", checkpoints.run) != checkpoints.run:
                raise ForeignError("its recipe or its data was another")
            standing = _standing(found.snapshot, per_epoch)
        _say_versions(checkpoints.folder / found.snapshot.name, say)
        return standing
    if found.damaged:
        raise InputError(
            f"Checkpoints {checkpoints.folder}: none of them is whole.",
            given="; ".join(found.damaged),
            needed="A run goes on from a checkpoint whose files are what was written.",
            write=ANEW,
        )
    return None


def _say_versions(place: Path, say: Callable[[str], Any]) -> None:
    then, now = versions_of(place), versions(keras.config.backend())
    others = [
        f"{name} {then[name]} then, {now[name]} now"
        for name in now.keys() & then.keys()
        if then[name] != now[name] and _VERSION.fullmatch(str(then[name]))
    ]
    if others:
        say(f"Not exactly as before: {listed(sorted(others), mark=';')}.")


def find_run(
    checkpoints: Checkpoints,
    model: keras.Model,
    per_epoch: int,
    say: Callable[[str], Any],
    *,
    epochs: int,
    columns: Sequence[str] | None,
    score: str,
) -> Standing | None:
    """Returns where a run stands, as `find_standing`, if it is the run at hand.

    Args:
        checkpoints: As there.
        model: As there.
        per_epoch: As there.
        say: As there.
        epochs: Those that the run has at most.
        columns: The columns of its history; None is all that is measured.
        score: The one whose best epoch is kept.

    Raises:
        InputError: As there; or its steps or rows are not those of such a run.
    """
    found = find_standing(checkpoints, model, per_epoch, say)
    if found is not None and found.snapshot is not None:
        with going_on(checkpoints.folder / found.snapshot.name):
            if found.snapshot.step > epochs * per_epoch:
                raise ForeignError(f"step {found.snapshot.step} of {epochs} epochs")
            _must_fit(found, columns, score)
    return found


def newest_step(checkpoints: Checkpoints) -> int:
    """Returns the step of the newest checkpoint that is whole; 0 where none is.

    Args:
        checkpoints: The checkpoints of a run.
    """
    for place in checkpoints.places():
        with suppress(OSError, ForeignError):
            return read(place, None).step
    return 0


def seed_in(snapshot: Snapshot) -> int:
    """Returns the seed that a checkpoint was written with.

    Args:
        snapshot: The checkpoint.

    Raises:
        ForeignError: It is none.
    """
    return _count(snapshot.state.get("seed"), "its seed")


def restore(checkpoints: Checkpoints, model: keras.Model, standing: Standing) -> None:
    """Gives a model the variables of a checkpoint.

    Args:
        checkpoints: Where it is.
        model: As the run's was made.
        standing: What `find_standing` returned.

    Raises:
        InputError: It is of another model.
    """
    found = standing.snapshot
    if found is not None:
        with going_on(checkpoints.folder / found.name):
            give_back(model, found.weights, found.training)


def _must_fit(standing: Standing, columns: Sequence[str] | None, score: str) -> None:
    """Refuses rows that the run at hand would not have written."""
    if any(row.keys() != standing.rows[0].keys() for row in standing.rows):
        raise ForeignError("the rows of its history are not of one kind")
    names = tuple(standing.rows[0]) if standing.rows else columns
    if columns is not None and names != tuple(columns):
        raise ForeignError(f"its rows are not {', '.join(columns)}")
    lacking = {*ALWAYS, score} - {*(names or (*ALWAYS, score))}
    if lacking:
        raise ForeignError(f"its rows do not hold {', '.join(sorted(lacking))}")
    if standing.logs is not None:
        found = standing.logs.keys()
        known = found if names is None else {n for n in names if f"val_{n}" in names}
        if found != known or "loss" not in found:
            raise ForeignError("its epoch measured something else")


@contextmanager
def going_on(place: Path) -> Iterator[None]:
    """Says which checkpoint it is that a run cannot go on from.

    Args:
        place: The folder of the checkpoint.

    Raises:
        InputError: What it holds is not what this run would have written.
    """
    try:
        yield
    except ForeignError as error:
        raise InputError(
            f"Checkpoint {place}: it is of another run.",
            given=error,
            needed="A run goes on with the model, the optimizer, the data and the "
            "callbacks that it began with, under the same names.",
            write="keras.utils.clear_session() before the model is built, so that "
            "layers are named alike; or another folder, to train anew",
        ) from error


def _bytes_of(variable: Any) -> int:
    size = keras.backend.standardize_dtype(variable.dtype)
    return math.prod(variable.shape) * (8 if "64" in size else 4)


def _standing(snapshot: Snapshot, per_epoch: int) -> Standing:
    state = snapshot.state
    epoch, done = (_count(state.get(name), name) for name in ("epoch", "done"))
    if state.get("per_epoch") != per_epoch:
        raise ForeignError(
            f"an epoch has {state.get('per_epoch')!r:.40} steps there, and {per_epoch} "
            "here"
        )
    if epoch * per_epoch + done != snapshot.step or done > per_epoch:
        raise ForeignError(f"step {snapshot.step} is not {done} of epoch {epoch}")
    files = state.get("files")
    if not isinstance(files, dict) or not all(map(_is_text, files.values())):
        raise ForeignError("the hashes of files are no text")
    best, whole = state.get("best"), done == per_epoch
    if best is not None and not (_is_text(best) and NAME.fullmatch(best)):
        raise ForeignError("the best epoch is no checkpoint's name")
    return Standing(
        epoch=epoch,
        done=done,
        rows=rows_in(state.get("rows"), epoch),
        logs=row_in(state.get("logs")) if whole else None,
        states=state.get("callbacks", []),
        best=best,
        files=files,
        snapshot=snapshot,
    )


def _count(value: Any, name: str) -> int:
    if type(value) is not int or not 0 <= value < MOST_STEPS:
        raise ForeignError(f"{name} is no count")
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
