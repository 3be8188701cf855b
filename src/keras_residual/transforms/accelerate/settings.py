"""What a stand-in took for granted of a layer, and may change later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_NAMES = ("activation", "negative_slope", "max_value", "threshold")
_NAMES += ("axis", "data_format", "padding", "pool_size", "strides")
_NAMES += ("kernel_size", "dilation_rate", "groups", "filters", "depth_multiplier")
_NAMES += ("_dtype_policy", "lora_enabled", "quantization_mode")
_NAMES += ("renorm", "synchronized", "activity_regularizer")
_NAMES += ("convolution_op", "_moments")  # methods, where an instance has its own


def settings(operation: Any) -> tuple[Any, ...]:
    """Returns what a stand-in takes for granted; where it differs, Keras computes.

    Args:
        operation: A layer or operation.

    Examples:
        >>> layer = keras.layers.Conv2D(4, 3)
        >>> before = settings(layer)
        >>> layer.dilation_rate = 2
        >>> settings(layer) == before
        False
    """
    return type(operation).call, *map(vars(operation).get, _NAMES)


def while_set(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
    """Returns what stands in for a `call` as long as the layer is set as it is now.

    Args:
        layer: A layer whose `call` is its own.
        call: What stands in, without `self`.
    """
    before = settings(layer)

    def call_while_set(*args: Any, **kwargs: Any) -> Any:
        if settings(layer) == before:
            return call(*args, **kwargs)
        return type(layer).call(layer, *args, **kwargs)

    return call_while_set
