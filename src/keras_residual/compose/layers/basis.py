"""Basis: fixed functions of time, weighted by what a network found."""

from __future__ import annotations

import math
from typing import Any

import keras

KINDS = ("trend", "seasonality")


@keras.saving.register_keras_serializable(package="keras_residual")
class Basis(keras.layers.Layer):
    """Adds up fixed functions of time, each times a coefficient that it reads.

    Time `t` runs from 0 to `(steps - 1) / steps`. A trend is `1, t, ..., t^degree`; a
    seasonality `1`, then `cos(2 pi i t)`, then `sin(2 pi i t)`, with `i` from 1 to
    `steps / 2 - 1`, rounded down. It has no weights.

    Reference:
        Oreshkin et al., N-BEATS: Neural basis expansion analysis for interpretable time
        series forecasting, 2019, section 3.3, https://arxiv.org/abs/1905.10437.

    Args:
        kind: `"trend"` or `"seasonality"`.
        steps: Steps of time.
        degree: That of the polynomial of a trend.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, functions)`.

    Output shape:
        `(batch, steps)`.

    Examples:
        >>> line = kr.layers.Basis("trend", 4, degree=1)
        >>> keras.ops.convert_to_numpy(line(keras.ops.ones((1, 2)))).tolist()
        [[1.0, 1.25, 1.5, 1.75]]
    """

    def __init__(
        self, kind: str, steps: int, *, degree: int = 2, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.kind, self.steps, self.degree = kind, steps, degree
        self.functions = functions(kind, steps, degree)

    def call(self, inputs: Any) -> Any:
        rows = keras.ops.convert_to_tensor(self.functions, dtype=inputs.dtype)
        # Not `matmul`: on PyTorch Keras makes float32 of float64 there.
        return keras.ops.einsum("bf,ft->bt", inputs, rows)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        return (*input_shape[:-1], self.steps)

    def get_config(self) -> dict[str, Any]:
        own = {"kind": self.kind, "steps": self.steps, "degree": self.degree}
        return {**super().get_config(), **own}


def functions(kind: str, steps: int, degree: int) -> list[list[float]]:
    """Returns the functions at each step, one a row.

    Args:
        kind: `"trend"` or `"seasonality"`.
        steps: Steps of time.
        degree: That of the polynomial of a trend.
    """
    time = [step / steps for step in range(steps)]
    if kind == "trend":
        return [[t**power for t in time] for power in range(degree + 1)]
    turns = [[2 * math.pi * i * t for t in time] for i in range(1, steps // 2)]
    waves = [[list(map(wave, row)) for row in turns] for wave in (math.cos, math.sin)]
    return [[1.0] * steps, *waves[0], *waves[1]]
