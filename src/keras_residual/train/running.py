"""The epochs of a run, with all that watches and saves them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import keras

from keras_residual.common.terminal import Console
from keras_residual.train.callbacks import (
    HistoryFile,
    ModelFiles,
    ShowProgress,
    StopWhenNotFinite,
)
from keras_residual.train.distributed.agreeing import one_for_all
from keras_residual.train.distributed.hosts import hosts, is_writer
from keras_residual.train.distributed.sharing import (
    Distribution,
    StopTogether,
    outside,
    placed,
)
from keras_residual.train.pipeline import Shared
from keras_residual.train.resuming.checkpoints import Checkpoints
from keras_residual.train.resuming.place import Place
from keras_residual.train.resuming.rows import Row
from keras_residual.train.resuming.saving import SaveRun
from keras_residual.train.resuming.standing import Standing
from keras_residual.train.resuming.stopping import Wishes
from keras_residual.train.run_folder import RunFolder


@dataclass(frozen=True)
class Epochs:
    """What is trained, on what, and what is written of it.

    Args:
        model: What learns.
        kept: The form of it that is saved for people.
        steps: The steps of the run, with a batch to look at.
        batches: Gives the batches from a step of the run on.
        held_out: The steps of a validation.
        judged_on: Gives the batches held out.
        standing: Where the run stands.
        folder: The run folder; None where nothing is written.
        console: Where progress is shown.
        columns: The columns of the history; None is all that is measured.
        score: The column whose best epoch is kept.
        metrics: What is shown beside the loss; None is all that is measured.
        seed: The seed of the run.
        every: Steps between two checkpoints within an epoch; None is none.
        watching: More callbacks.
        distribution: What it is trained on; None is one device.
    """

    model: keras.Model
    kept: keras.Model
    steps: Shared
    batches: Callable[[int], Any]
    held_out: Shared
    judged_on: Callable[[], Any]
    standing: Standing
    folder: RunFolder | None
    console: Console
    columns: Sequence[str] | None
    score: str
    metrics: Sequence[str] | None
    seed: int = 0
    every: int | None = None
    watching: Sequence[keras.callbacks.Callback] = ()
    distribution: Distribution | None = None


def run_epochs(run: Epochs) -> None:
    """Trains, from where the run stands to its end.

    Args:
        run: The run; its rows grow.

    Raises:
        DivergedError: The loss, or a weight, became infinite or no number.
        SaveError: A file could not be written.
        KeyboardInterrupt: Ctrl-C asked for an end, and what was done is saved.
        SystemExit: Another signal did.
        PeerError: One of several hosts is gone.
    """
    with _placed(run) as share, one_for_all():
        run.steps.share = run.held_out.share = share
        _run(run)


def _placed(run: Epochs) -> AbstractContextManager[Any]:
    if run.distribution is None:
        return nullcontext()
    return placed(run.model, run.steps.first(), run.distribution)


def _run(run: Epochs) -> None:
    at, steps = run.standing, run.steps
    place = Place(steps.per_epoch, at.epoch, at.done, seed=run.seed)
    first = at.epoch * steps.per_epoch + at.done
    shown = ShowProgress(run.console, steps, first, run.metrics)
    folder = run.folder if is_writer() else None
    history = HistoryFile(run.model, folder, at.rows, run.columns)
    callbacks = [place, StopWhenNotFinite(place), history]
    if folder is not None:
        callbacks.append(ModelFiles(run.kept, folder, at.rows, run.score))
    callbacks += [*run.watching, shown]
    wishes = Wishes()
    if hosts() > 1:
        callbacks.append(StopTogether(wishes))
    alone = run.folder is not None and hosts() == 1
    with wishes if alone else nullcontext(), shown.bar:
        if run.folder is not None:
            callbacks.append(_saving(run, place, wishes, callbacks, history))
        run.model.fit(
            run.batches(first),
            epochs=steps.epochs,
            initial_epoch=at.next_epoch,
            steps_per_epoch=steps.per_epoch,
            validation_data=run.judged_on(),
            validation_steps=run.held_out.per_epoch,
            callbacks=outside(callbacks),
            shuffle=False,  # `Steps` and `Batches` have shuffled already
            verbose=0,  # pyright: ignore[reportArgumentType]
        )


def _saving(
    run: Epochs, place: Place, wishes: Wishes, others: list[Any], history: HistoryFile
) -> SaveRun:
    def validate(callbacks: list[Any]) -> Row:
        scope = run.distribution.scope() if run.distribution else nullcontext()
        with scope:  # a callback is called outside of it
            return run.model.evaluate(
                run.judged_on(),
                steps=run.held_out.per_epoch,
                callbacks=callbacks,
                return_dict=True,
                verbose=0,  # pyright: ignore[reportArgumentType]
            )

    folder: Any = run.folder
    writes = is_writer()
    identity = folder.identity() if writes else ""
    return SaveRun(
        Checkpoints(folder.checkpoints, run=identity, writes=writes),
        place,
        run.standing,
        wishes,
        others=tuple(others),
        kept=[history],
        every=run.every,
        score=run.score,
        files=[folder.model, folder.best],
        validate=validate,
    )
