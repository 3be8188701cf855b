"""Shake: coefficients that are drawn apart for the forward and the backward pass."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import ResidualError

FORWARD, BACKWARD, PER = (
    ("shake", "even"),
    ("shake", "keep", "even"),
    {"sample", "batch"},
)


@keras.saving.register_keras_serializable(package="keras_residual")
class ShakeShake(keras.layers.Layer):
    """Adds two branches in random shares: `a F1 + (1 - a) F2`, and halves in inference.

    Gradients are shared out by another number, as if `b F1 + (1 - b) F2` had been
    computed.

    Reference:
        Gastaldi, Shake-Shake regularization, 2017,
        https://arxiv.org/abs/1705.07485.

    Args:
        forward: `"shake"` draws `a` from 0 to 1; with `"even"` it is 0.5.
        backward: `"shake"` draws `b` anew; with `"keep"` it is `a`, with `"even"` 0.5.
        per: `"sample"` draws for each sample, `"batch"` once for the batch.
        seed: Makes the draws repeatable.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        Two tensors of one shape, `(batch, ...)`.

    Output shape:
        That of each.

    Raises:
        ResidualError: There is no such convention, or there are not two branches.

    Examples:
        >>> layer = kr.layers.ShakeShake()
        >>> y = layer([keras.ops.ones((1, 1)), keras.ops.zeros((1, 1))], training=False)
        >>> keras.ops.convert_to_numpy(y).item()
        0.5
    """

    def __init__(
        self,
        forward: str = "shake",
        backward: str = "shake",
        *,
        per: str = "sample",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if forward not in FORWARD or backward not in BACKWARD or per not in PER:
            raise ResidualError(
                "ShakeShake has no such convention.",
                given=f"forward={forward!r}, backward={backward!r}, per={per!r}",
                needed='`forward` is "shake" or "even", `backward` "shake", "keep" or '
                '"even", and `per` "sample" or "batch".',
                write='forward="shake", backward="shake", per="sample"',
            )
        self.shares, self.per = (forward, backward), per
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 2 or not isinstance(input_shape[0], list | tuple):
            raise ResidualError(
                "ShakeShake joins two branches.",
                given=f"{len(input_shape)} paths",
                write='kr.parallel([branch, branch], merge="shake_shake")',
            )

    def call(self, inputs: Any, training: bool = False) -> Any:
        one, other = inputs
        if not training:
            return (one + other) * 0.5
        forward, backward = self.shares
        a = self._share(forward, one)
        b = a if backward == "keep" else self._share(backward, one)
        # Gradients flow through the first sum alone; the second makes the value right.
        hidden = keras.ops.stop_gradient((a - b) * (one - other))
        return b * one + (1 - b) * other + hidden

    def _share(self, how: str, x: Any) -> Any:
        if how == "even":
            return 0.5
        return drawn(x, self.per, (0.0, 1.0), self.seed_generator)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return previous_mask[0] if previous_mask else None

    def compute_output_shape(self, input_shape: Any) -> tuple:
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        own = dict(zip(("forward", "backward"), self.shares, strict=True))
        return {**super().get_config(), **own, "per": self.per, "seed": self.seed}


@keras.saving.register_keras_serializable(package="keras_residual")
class ShakeDrop(keras.layers.Layer):
    """Multiplies with a random number in training, mostly 1: `(c + a - c a) F`.

    `c` is 1 with the probability `1 - rate`, else 0; then the branch counts `a` times
    forward and `b` times backward. In inference it counts as on average.

    Reference:
        Yamada et al., ShakeDrop Regularization for Deep Residual Learning, 2018,
        https://arxiv.org/abs/1802.02375.

    Args:
        rate: Probability with which the branch is shaken, 0 to 1.
        alpha: Smallest and largest `a`.
        beta: Smallest and largest `b`.
        per: `"sample"` draws `a` and `b` for each sample, `"batch"` once.
        gate_per: The same for `c`.
        seed: Makes the draws repeatable.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, ...)`.

    Output shape:
        That of the input.

    Raises:
        ResidualError: The rate is no probability, or a draw is for something else.

    Examples:
        >>> layer = kr.layers.ShakeDrop(0.25)
        >>> y = layer(keras.ops.ones((1, 1)), training=False)
        >>> keras.ops.convert_to_numpy(y).item()
        0.75
    """

    def __init__(
        self,
        rate: float,
        *,
        alpha: tuple[float, float] = (-1.0, 1.0),
        beta: tuple[float, float] = (0.0, 1.0),
        per: str = "sample",
        gate_per: str = "batch",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate <= 1 or not {per, gate_per} <= PER:
            raise ResidualError(
                "ShakeDrop has no such convention.",
                given=f"rate={rate!r}, per={per!r}, gate_per={gate_per!r}",
                needed="`rate` is from 0 to 1, and a draw for a sample or a batch.",
                write='rate=0.5, per="sample", gate_per="batch"',
            )
        self.rate, self.per, self.gate_per, self.seed = rate, per, gate_per, seed
        self.alpha, self.beta = tuple(alpha), tuple(beta)
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs * (1 - self.rate + self.rate * sum(self.alpha) / 2)
        seed = self.seed_generator
        chance = drawn(inputs, self.gate_per, (0.0, 1.0), seed, "float32")
        kept: Any = keras.ops.cast(chance >= self.rate, inputs.dtype)
        forward, backward = (
            kept + (1 - kept) * drawn(inputs, self.per, limits, seed)
            for limits in (self.alpha, self.beta)
        )
        hidden = keras.ops.stop_gradient((forward - backward) * inputs)
        return backward * inputs + hidden

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"rate": self.rate, "alpha": self.alpha, "beta": self.beta}
        drawn_for = {"per": self.per, "gate_per": self.gate_per, "seed": self.seed}
        return {**super().get_config(), **own, **drawn_for}


def drawn(
    x: Any, per: str, limits: tuple[float, ...], seed: Any, dtype: Any = None
) -> Any:
    """Draws a number for each sample of `x`, or one; in float32, before it is cast."""
    sizes: Any = keras.ops.shape(x)
    batch = sizes[0] if per == "sample" else 1
    shape = (batch, *[1] * (len(x.shape) - 1))
    number = keras.random.uniform(shape, *limits, dtype="float32", seed=seed)
    return keras.ops.cast(number, dtype or x.dtype)
