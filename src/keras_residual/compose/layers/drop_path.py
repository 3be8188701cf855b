"""DropPath: the two conventions of stochastic depth that `Dropout` cannot express."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import ResidualError


@keras.saving.register_keras_serializable(package="keras_residual")
class DropPath(keras.layers.Layer):
    """Drops its whole input at random in training (stochastic depth).

    The common convention, which divides by `1 - rate` in training, is
    `keras.layers.Dropout(rate, noise_shape=(None, 1, 1, 1))` and needs no layer of
    ours. This one is for runs that must match the other two.

    Reference:
        Huang et al., Deep Networks with Stochastic Depth, 2016, equations 2 and 5,
        https://arxiv.org/abs/1603.09382.

    Args:
        rate: Probability with which the input is dropped, 0 to 1.
        rescale: `"paper"` multiplies by `1 - rate` in inference; `"none"` never
            rescales.
        per: `"sample"` draws for each sample, `"batch"` once for the batch.
        seed: Makes the draws repeatable.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, ...)`.

    Output shape:
        That of the input.

    Raises:
        ResidualError: The rate is no probability, or there is no such convention.

    Examples:
        >>> layer = kr.layers.DropPath(0.25, rescale="paper")
        >>> y = layer(keras.ops.ones((1, 1)), training=False)
        >>> keras.ops.convert_to_numpy(y).item()
        0.75
    """

    def __init__(
        self,
        rate: float,
        *,
        rescale: str = "paper",
        per: str = "sample",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ResidualError("DropPath: `rate` is from 0 to 1.", given=rate)
        if rescale not in ("paper", "none") or per not in ("sample", "batch"):
            raise ResidualError(
                "DropPath has no such convention.",
                given=f"rescale={rescale!r}, per={per!r}",
                needed='`rescale` is "paper" or "none", for "inverted" is '
                'keras.layers.Dropout; and `per` is "sample" or "batch".',
                write='rescale="paper", per="sample"',
            )
        self.rate, self.rescale, self.per, self.seed = rate, rescale, per, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs * (1 - self.rate) if self.rescale == "paper" else inputs
        sizes: Any = keras.ops.shape(inputs)
        batch = sizes[0] if self.per == "sample" else 1
        shape = (batch, *[1] * (len(inputs.shape) - 1))
        draw = keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)
        return inputs * keras.ops.cast(draw >= self.rate, inputs.dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"rate": self.rate, "rescale": self.rescale, "per": self.per}
        return {**super().get_config(), **own, "seed": self.seed}
