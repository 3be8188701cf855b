"""A batch of one's own is tried on a model's own loss before anything is learned."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import keras
import numpy as np

from keras_residual.measures.forms import plain
from keras_residual.train.finite import DivergedError
from keras_residual.train.mistake import InputError
from keras_residual.train.own.batches import Batches
from keras_residual.train.own.labels import COMPILE, must_be_classes

SPARSE = "sparse_categorical_crossentropy"


def must_have_loss(model: keras.Model) -> None:
    """Refuses a compiled model without a loss: JAX would learn from a loss of zero.

    Args:
        model: A compiled model.

    Raises:
        InputError: It has none.
    """
    own = ("compute_loss", "train_step")
    given = any(getattr(type(model), n) is not getattr(keras.Model, n) for n in own)
    if not (given or model.loss is not None or bool(model.losses)):
        raise InputError(
            f'Model "{model.name}": it was compiled without a loss.',
            given="loss=None, and no layer that adds one",
            needed="What a model learns is to make its loss smaller.",
            write=COMPILE,
        )


def check_labels(model: keras.Model, batches: Batches, answers: Any) -> None:
    """Has labels that are no classes refused where the loss takes them for such.

    JAX learns nothing from a class that has no output, and Keras rounds 0.5 to 0.

    Args:
        model: A compiled model.
        batches: What it is to learn from.
        answers: What it answers to a batch.

    Raises:
        InputError: A label is no whole number, or there is no output for it.
    """
    loss = model.loss
    named = loss == SPARSE or loss is keras.losses.sparse_categorical_crossentropy
    object_ = isinstance(loss, keras.losses.SparseCategoricalCrossentropy)
    if object_ and loss.get_config().get("ignore_class") is None:
        named = True
    if named and not keras.tree.is_nested(answers):
        batches.learn(partial(must_be_classes, outputs=int(answers.shape[-1])))


def must_be_finite(model: keras.Model, batches: Batches) -> None:
    """Refuses data whose loss is not finite before anything is learned.

    Args:
        model: A compiled model.
        batches: What it is to learn from. Of arrays, the examples with NaN are tried.

    Raises:
        InputError: The loss or the metrics cannot be computed.
        DivergedError: The loss is NaN or infinite.
    """
    batch = batches.doubtful()
    loss = _loss(model, batch)
    if math.isfinite(loss):
        return
    bad = [name for name, part in zip("xy", batch, strict=False) if _has_nan(part)]
    raise DivergedError(
        "Data: its loss is not finite before anything is learned.",
        given=f"a loss of {loss}; {_found(bad, batch)}",
        needed="Values, labels and their loss are finite numbers; another learning "
        "rate does not make them so.",
        write="x and y without NaN and infinity, as np.isfinite finds them"
        if bad
        else f"y / abs(y).max(), labels of another unit; or {COMPILE}",
    )


def _loss(model: keras.Model, batch: tuple[Any, ...]) -> float:
    try:
        told = model.test_on_batch(*batch, return_dict=True)
    except Exception as error:  # each backend has kinds of its own
        shapes = [
            str(keras.tree.map_structure(lambda one: tuple(one.shape), part))
            for part in batch[1:]
        ]
        raise InputError(
            "Data: the model's loss or metrics do not take its labels.",
            given=f"labels, and weights if any, of shapes {', '.join(shapes)}; "
            f"{type(error).__name__}: {str(error).strip():.200}",
            needed="What the model was compiled with can be computed of every batch.",
            write=f"{COMPILE}; or labels for which model.evaluate(x, y) works",
        ) from error
    model.reset_metrics()
    loss = told.get("loss") if isinstance(told, dict) else None
    return 0.0 if loss is None else float(loss)


def _has_nan(part: Any) -> bool:
    return not all(np.isfinite(one).all() for one in _floats(part))


def _floats(part: Any) -> list[Any]:
    leaves = [plain(leaf) for leaf in keras.tree.flatten(part)]
    return [one for one in leaves if one.dtype.kind == "f"]


def _found(bad: list[str], batch: tuple[Any, ...]) -> str:
    if bad:
        return f"{' and '.join(bad)} with NaN or infinity"
    largest = [
        max((float(np.abs(one).max()) for one in _floats(part)), default=0.0)
        for part in batch[:2]
    ]
    return "x up to {:.3g}, y up to {:.3g}".format(*largest)
