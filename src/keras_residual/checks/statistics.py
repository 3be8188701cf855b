"""The norms that keep moving statistics."""

from __future__ import annotations

import keras

from keras_residual.checks.subject import Subject
from keras_residual.graph.graph import Op
from keras_residual.graph.kinds import kind_of


def by_momentum(subject: Subject) -> dict[float, list[Op]]:
    """Groups Keras's batch norms by their momentum, without the frozen ones.

    Args:
        subject: The model that is looked at.
    """
    found: dict[float, list[Op]] = {}
    for op in subject.layers:
        layer = op.layer  # one of another make may count momentum from the other end
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            found.setdefault(float(layer.momentum), []).append(op)
    return found


def keeps_statistics(op: Op) -> bool:
    """Says whether an operation normalises with moving statistics in inference.

    Args:
        op: An operation of the graph.
    """
    names = [getattr(w, "name", "") for w in getattr(op.layer, "weights", ())]
    return kind_of(op.layer) == "norm" and "moving_mean" in names
