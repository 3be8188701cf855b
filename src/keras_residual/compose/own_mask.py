"""OwnMask: attention may take the mask off this tensor, and off no other."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.compose import graph
from keras_residual.compose.naming import Scope


@keras.saving.register_keras_serializable(package="keras_residual")
class OwnMask(keras.layers.Layer):
    """Returns its input and its mask as a tensor of its own.

    `keras.layers.MultiHeadAttention` takes the mask off the tensors that it reads:
    whoever reads them after it finds none. It may take it off this one.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        Any.

    Output shape:
        That of the input.

    Examples:
        >>> x = keras.Input((10, 4))
        >>> own = kr.layers.OwnMask()(x)
        >>> attended = keras.layers.MultiHeadAttention(2, 2)(own, own)
        >>> keras.layers.Add()([x, attended]).shape
        (None, 10, 4)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        del mask  # that Keras hands it over makes it part of the graph
        return keras.ops.copy(inputs)

    def compute_output_spec(self, inputs: Any, mask: Any = None) -> keras.KerasTensor:
        del mask
        return keras.KerasTensor(inputs.shape, inputs.dtype)


def own_mask(x: keras.KerasTensor, scope: Scope) -> keras.KerasTensor:
    """Returns `x` for an attention, which takes the mask off what it reads.

    Args:
        x: A symbolic tensor.
        scope: Names the layer that is added where `x` has a mask.
    """
    return x if graph.mask(x) is None else OwnMask(name=scope.name("own"))(x)
