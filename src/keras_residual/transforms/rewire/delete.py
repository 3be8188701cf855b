"""Takes layers out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose.arguments import checked
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import class_of
from keras_residual.transforms.rewire.finishing import finished
from keras_residual.transforms.rewire.places import Place, calls_of, must_fit
from keras_residual.transforms.rewritten import Change, Rewritten


@checked
def delete(
    model: keras.Model, paths: str | Iterable[str], *, inputs: Any = None
) -> Rewritten:
    """Takes layers out, and keeps the weights of all others.

    What read a layer reads what the layer read, so it must keep the shape; the last
    layer need not. A layer that is called several times goes everywhere.

    Args:
        model: A Functional or Sequential model; it is not changed.
        paths: The path of a layer, or several: its name, after those of the models that
            it lies in.
        inputs: What both models run on: arrays in the order of `model.inputs`, or a
            dict by name; by default they are made up.

    Returns:
        The new model, not compiled, and what changed. It computes another function, so
        what is proved is that each layer that was kept computes what it did.

    Raises:
        KindError: This is no Keras model.
        ResidualError: There is no such layer, it reads several tensors, or what others
            read would change its shape.

    Examples:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.ReLU(name="a")])
        >>> kr.rewire.delete(model, "a").changes
        (Change(kind='ReLU', path='a', what='is gone'),)
    """
    draft = Draft(model)
    changes = []
    for path in [paths] if isinstance(paths, str) else paths:
        found = calls_of(draft, path, "delete")
        for place in found:
            _take_out(place, path)
        changes.append(Change(class_of(found[0][1]).__name__, path, "is gone"))
    return finished(draft, changes, inputs=inputs)


def _take_out(place: Place, path: str) -> None:
    draft, call = place
    named = dict.fromkeys(value for _, value in call.named_reads)
    read = [value for value in call.reads if value not in named] or list(named)
    if len(read) != 1 or len(call.outputs) != 1:
        raise ResidualError(
            f'Layer "{path}": delete cannot tell what stands for it.',
            given=f"it reads {len(read)} tensors and returns {len(call.outputs)}",
            needed="What read the layer reads the one tensor that the layer read.",
            write="a layer of one tensor; drop_units takes a residual unit out",
        )
    must_fit(draft, path, given=read[0], needed=call.outputs[0])
    draft.replace(call.outputs[0], read[0])
