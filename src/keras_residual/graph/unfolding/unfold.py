"""Opens the layers of a model that hide what they do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.graph.functional import function_of, no_model
from keras_residual.graph.unfolding.choice import Choice
from keras_residual.graph.unfolding.symbols import sizes_for
from keras_residual.graph.unfolding.unfolded import Unfolded
from keras_residual.graph.unfolding.work import Work


def unfold(
    model: Any,
    like: Any = None,
    *,
    deep: bool = False,
    opened: Collection[Any] = (),
    closed: Collection[Any] = (),
) -> Unfolded:
    """Opens the layers of any Keras model that hide what they do.

    A custom layer, a subclassed model, a model in a model: what their `call` does
    becomes a nested functional model of the layers and operations in it, on the same
    weights. All that reads a graph then sees inside. What cannot be opened stays as it
    is, and is named with the reason. The model itself is not changed.

    The result is compared with the model, its outputs, in training too, and its
    gradients; a layer that would compute something else is left closed. One thing is
    another: layers that a `call` does not hand `training` on to may be trained by Keras
    as in inference, and what is opened is told to train.

    Args:
        model: Any Keras model or layer that is built.
        like: An example batch, in the structure that the model takes, or
            inputs of its shapes, made by `keras.Input`. A subclassed model needs it
            where it does not know its input; elsewhere it gives the sizes that are
            tried where unknown ones do not do.
        deep: Whether Keras's own layers that hold layers are opened, as attention.
        opened: Classes or names of layers that are opened, whatever they are.
        closed: Classes or names of layers that are left as they are.

    Returns:
        What was made, and what was not opened.

    Raises:
        KindError: If this is no Keras model or layer.
        ResidualError: If the model is not built, its inputs are not known, or its own
            call cannot be traced.

    Examples:
        >>> x = keras.Input((8,))
        >>> y = keras.layers.Add(name="add")([x, keras.layers.Dense(8)(x)])
        >>> net = keras.Model(x, y, name="net")
        >>> block = keras.layers.TimeDistributed(net, name="t")
        >>> frames = keras.Input((4, 8))
        >>> unfolded = kr.unfold(keras.Model(frames, block(frames)))
        >>> [*unfolded.opened], kr.find_residuals(unfolded.model)[0].path
        (['t', 't/net'], 't/net/add')
    """
    if not isinstance(model, keras.layers.Layer):
        raise no_model("Layers are opened in a Keras model or layer.", model)
    if isinstance(model, keras.Sequential):
        function_of(model)  # says what is missing where it is not built
    if not model.built:
        raise _not_built(model)
    choice = Choice(deep, tuple(opened), tuple(closed))
    if not choice.any_in(model):
        return Unfolded(model)
    work = Work(model, choice, like)
    return work.unfolded(sizes_for(model, like))


def _not_built(model: Any) -> ResidualError:
    return ResidualError(
        f'"{model.name}" ({type(model).__name__}) is not built.',
        needed="What its call does is read with the weights that it has, and it makes "
        "them when it is first called.",
        write="model(batch)   # once, on a batch as it takes them",
    )
