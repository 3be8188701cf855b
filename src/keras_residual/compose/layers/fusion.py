"""Fusion: a sum with learned shares."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import ResidualError

WEIGHTINGS = ("fast", "softmax")


@keras.saving.register_keras_serializable(package="keras_residual")
class Fusion(keras.layers.Layer):
    """Adds any number of tensors, each with a learned share of the whole.

    The shares start equal. They are computed in float32, and never negative.

    Reference:
        Tan et al., EfficientDet: Scalable and Efficient Object Detection, 2019,
        https://arxiv.org/abs/1911.09070.

    Args:
        weighting: `"fast"` divides rectified weights by their sum; `"softmax"` takes
            their softmax.
        epsilon: Added to the sum of `"fast"`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        Two or more tensors of one shape.

    Output shape:
        That of each.

    Raises:
        ResidualError: There is no such weighting.

    Examples:
        >>> layer = kr.layers.Fusion(epsilon=0.0)
        >>> y = layer([keras.ops.ones((1, 1)), keras.ops.zeros((1, 1))])
        >>> keras.ops.convert_to_numpy(y).item()
        0.5
    """

    def __init__(
        self, weighting: str = "fast", *, epsilon: float = 1e-4, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if weighting not in WEIGHTINGS:
            raise ResidualError(
                f"Fusion has no weighting {weighting!r}.",
                write='weighting="fast" or weighting="softmax"',
            )
        self.weighting, self.epsilon = weighting, epsilon
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        self.shares = self.add_weight(
            shape=(len(input_shape),),
            initializer="ones",
            name="shares",
            autocast=False,
        )

    def call(self, inputs: Any) -> Any:
        ops, shares = keras.ops, keras.ops.convert_to_tensor(self.shares)
        if self.weighting == "fast":
            shares = ops.relu(shares)
            shares = shares / (ops.sum(shares) + self.epsilon)
        else:
            shares = ops.softmax(shares)
        return sum(ops.cast(shares[n], x.dtype) * x for n, x in enumerate(inputs))

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return previous_mask[0] if previous_mask else None

    def compute_output_shape(self, input_shape: Any) -> tuple:
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        own = {"weighting": self.weighting, "epsilon": self.epsilon}
        return {**super().get_config(), **own}
