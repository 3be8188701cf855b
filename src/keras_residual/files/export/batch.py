"""A model that takes a stated number of samples at a time."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.rebuild import rebuild


def of_size(model: keras.Model, batch_size: int | None) -> keras.Model:
    """Returns a model of the same layers, for batches of one size alone.

    Args:
        model: A model with a graph.
        batch_size: Samples in a batch; none leaves the model as it is.

    Raises:
        ResidualError: The model is for another number of samples.
    """
    own = model.inputs[0].shape[0]
    if batch_size in (None, own):
        return model
    if own is not None:
        raise ResidualError(
            f'Model "{model.name}": it cannot take batches of this size.',
            given=f"batches of {batch_size}; it takes {own} samples",
            needed="A file is for batches of one size, or of any.",
            write=f"batch_size={own}, or leave it out",
            option=f"--batch-size {own}, or leave it out",
        )

    def entry(tensor: Any) -> Any:
        shape = (batch_size, *tensor.shape[1:])
        return keras.Input(batch_shape=shape, dtype=tensor.dtype, name=tensor.name)

    alone = isinstance(model, keras.Sequential)
    given: Any = model.inputs[0] if alone else model.input
    inputs = keras.tree.map_structure(entry, given)
    return keras.Model(inputs, model(inputs), name=model.name)


def own_copy(model: keras.Model, batch_size: int | None) -> keras.Model:
    """Returns a copy that a converter may change, with the names of the model.

    Args:
        model: A model with a graph.
        batch_size: Samples in a batch; none leaves it open, or as it is.
    """
    draft = Draft(model)
    if batch_size is not None:
        for entry in draft.entries:
            entry["batch_shape"] = (batch_size, *entry["batch_shape"][1:])
    made = rebuild(draft)
    # Keras writes no model that was never called.
    made(made.inputs[0] if isinstance(made, keras.Sequential) else made.input)
    return made


def signature(model: keras.Model) -> list | None:
    """Returns the inputs that Keras shall write, if it would forget what they are.

    Left alone, it writes files for any number of samples.

    Args:
        model: A model with a graph.
    """
    if model.inputs[0].shape[0] is None:
        return None

    def entry(tensor: Any) -> keras.InputSpec:
        return keras.InputSpec(tensor.dtype, tensor.shape, name=tensor.name)

    if isinstance(model, keras.Sequential):
        return [entry(tensor) for tensor in model.inputs]
    return [keras.tree.map_structure(entry, model.input)]
