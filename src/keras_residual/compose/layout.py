"""Whether the backend convolves channels-first tensors here: it is asked, once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import keras

from keras_residual.common.errors import ResidualError

FIRST = "channels_first"
_TRANSPOSED = tuple(getattr(keras.layers, f"Conv{n}DTranspose") for n in (1, 2, 3))
_PLAIN = tuple(getattr(keras.layers, f"Conv{n}D") for n in (1, 2, 3))


@cache
def convolves(operation: str, rank: int, dtype: str) -> bool:
    """Says whether the backend runs a channels-first convolution on this machine.

    On a CPU TensorFlow needs oneDNN for it, which it takes or leaves by the processor,
    by a setting and by the dtype. So the smallest one is run. Where that runs, its
    gradient does.

    Args:
        operation: `"conv"` or `"conv_transpose"`, as in `keras.ops`.
        rank: Axes that are neither batch nor channels.
        dtype: What it computes in.

    Examples:
        >>> convolves("conv", 3, "float32")
        True
    """
    size = (2,) * rank
    x = keras.ops.zeros((1, 1, *size), dtype)
    kernel = keras.ops.zeros((*size, 1, 1), dtype)
    try:
        getattr(keras.ops, operation)(x, kernel, data_format=FIRST)
    except Exception:  # each backend has its own
        return False
    return True


def runs(layer: Any) -> bool:
    """Says whether the backend can run a layer in its layout.

    Args:
        layer: Any layer. One that does not convolve can be run, and so can one that
            convolves in groups or channel by channel: Keras sees to these.
    """
    layer = getattr(layer, "cell", layer)  # of a recurrent one
    if getattr(layer, "data_format", None) != FIRST or getattr(layer, "groups", 1) > 1:
        return True
    if isinstance(layer, _TRANSPOSED):
        return convolves("conv_transpose", layer.rank, layer.compute_dtype)
    own = hasattr(layer, "recurrent_conv") or hasattr(layer, "standardized")
    if own or isinstance(layer, _PLAIN):
        return convolves("conv", layer.rank, layer.compute_dtype)
    return True


def need_layout(layer: Any, where: str) -> None:
    """Refuses a layer or model with a convolution that cannot be run here.

    Args:
        layer: The layer or model.
        where: Begins the message.

    Raises:
        ResidualError: Names the convolution, and says what to write.
    """
    part = unfit(layer)
    if part is not None:
        raise ResidualError(
            f'{where}: the convolution "{part.name}" cannot be run here.',
            **other_layout(part.compute_dtype),
        )


def unfit(layer: Any) -> Any:
    """Returns a convolution that cannot be run here, or None.

    Args:
        layer: The layer or model that holds it.
    """
    return next((part for part in _within(layer) if not runs(part)), None)


def other_layout(
    dtype: str,
    instead: str = 'keras.config.set_image_data_format("channels_last"), then build',
) -> dict[str, str]:
    """Returns what an error says: given, needed, and what to write instead.

    Args:
        dtype: What the convolution computes in.
        instead: How to choose the other layout.
    """
    backend, ways = keras.config.backend(), [instead]
    if dtype != "float64":
        ways.append("TF_ENABLE_ONEDNN_OPTS=1 in front of the command")
    ending = ",\n         or "
    return {
        "given": f"{FIRST}, {dtype}, on {backend}",
        "needed": f"As it was started here, {backend} convolves {dtype} with channels "
        "last only.",
        "write": ending.join([*ways, "KERAS_BACKEND=torch in front of the command"]),
        "option": ending.join([*ways, "--backend torch"]),
    }


def _within(layer: Any) -> Iterator[Any]:
    """Yields a layer and all that it holds, be it a model or a wrapper."""
    todo = [layer]
    while todo:
        part = todo.pop()
        yield part
        wrapped = (getattr(part, name, None) for name in ("layer", "forward_layer"))
        held = (*getattr(part, "layers", ()), *wrapped)
        todo += [one for one in held if isinstance(one, keras.layers.Layer)]
