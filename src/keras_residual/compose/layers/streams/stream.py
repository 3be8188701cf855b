"""What the layers of a stream share: masks pass, and coefficients stay exact."""

from __future__ import annotations

from typing import Any

import keras


class StreamLayer(keras.layers.Layer):
    """A layer that works on a stream.

    Streams of `n` lanes are one tensor `(batch, ..., n, channels)`. The lanes stand
    beside the channels and not among the places, and only these layers read them, so a
    branch, its norms and its masks see tensors as without them. Coefficients are
    float32 in mixed precision too.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True

    @property
    def exact(self) -> str:
        """The dtype of coefficients."""
        return "float64" if self.compute_dtype == "float64" else "float32"

    def coefficient(self, name: str, shape: tuple, start: Any = "zeros") -> Any:
        """Adds a weight that no policy rounds.

        Args:
            name: Its name.
            shape: Its shape.
            start: Its values before training: an initializer or a number.
        """
        return self.add_weight(
            shape=shape,
            initializer=_initializer(start),
            dtype=self.exact,
            autocast=False,
            name=name,
        )

    def coarse(self, x: Any) -> Any:
        """Returns a tensor in the dtype that the network computes in."""
        return keras.ops.cast(x, self.compute_dtype)

    def precise(self, x: Any) -> Any:
        """Returns a tensor in the dtype of coefficients."""
        return keras.ops.cast(x, self.exact)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        del inputs
        masks = keras.tree.flatten(previous_mask)
        return next((mask for mask in masks if mask is not None), None)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the first input, unless a layer says otherwise."""
        first = input_shape[0]
        return tuple(first if isinstance(first, list | tuple) else input_shape)


class StreamRead(StreamLayer):
    """A layer that makes what a branch reads.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.
    """


class StreamWrite(StreamLayer):
    """A layer that writes its second input, a change, into its first, the stream.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    form = "add"
    """How the change joins the stream, as `find_residuals` says it."""
    carries = "identity"
    """What happens to the stream, as `find_residuals` says it."""

    def mixing(self, inputs: list[Any]) -> Any:
        """Returns what mixes the lanes: row `i` makes lane `i`; None without lanes.

        Args:
            inputs: What the layer is called on.
        """
        del inputs
        return None


def _initializer(start: Any) -> Any:
    number = isinstance(start, int | float)
    return keras.initializers.Constant(start) if number else start


def shape(x: Any) -> Any:
    """Returns the sizes of a tensor; those of its axes that are known as numbers."""
    return keras.ops.shape(x)


def one_of(lanes: int, at: int) -> Any:
    """Returns an initializer of weights that read one lane alone.

    Args:
        lanes: How many there are.
        at: Which one; the count begins again behind the last.
    """
    return lambda _, dtype: keras.ops.one_hot(at % lanes, lanes, dtype=dtype)
