"""The fixed numbers of papers, by name: factors of branches, and first values."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any, NamedTuple

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import graph
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Tensor, as_part, part

FACTORS = {
    "inception_resnet": lambda depth: 0.1,
    "edsr": lambda depth: 0.1,
    "esrgan": lambda depth: 0.2,
    "1/sqrt(2)": lambda depth: 1 / sqrt(2),
    "1/sqrt(L)": lambda depth: 1 / sqrt(depth),
    "1/L": lambda depth: 1 / depth,
}
_BY_FACTOR = (
    keras.initializers.Constant,
    keras.initializers.Orthogonal,
    keras.initializers.RandomNormal,
    keras.initializers.RandomUniform,
    keras.initializers.TruncatedNormal,
)


@part
def fixed_scale(
    x: Tensor, scope: Scope, factor: str, depth: Count | None = None
) -> Tensor:
    """Multiplies with the fixed factor that a paper has, by the paper's name.

    At the end of a branch it keeps deep networks from growing; `"1/sqrt(2)"` stands
    after the sum of two alike, as their `activation`. It learns nothing; what learns
    is `scale`.

    Args:
        factor: `"inception_resnet"` (0.1, the least of its 0.1 to 0.3), `"edsr"` (0.1),
            `"esrgan"` (0.2), `"1/sqrt(2)"`, and of the depth `"1/sqrt(L)"`
            (Stable ResNet) and `"1/L"` (CompleteP).
        depth: Number `L` of branches in the network, for the last two.

    Raises:
        ResidualError: There is no such factor, or it needs the depth.

    Reference:
        Szegedy et al., Inception-v4, Inception-ResNet, 2016,
        https://arxiv.org/abs/1602.07261; Lim et al., Enhanced Deep Residual Networks
        (EDSR), 2017, https://arxiv.org/abs/1707.02921; Wang et al., ESRGAN, 2018,
        https://arxiv.org/abs/1809.00219; Hayou et al., Stable ResNet, 2020,
        https://arxiv.org/abs/2010.12859; Dey et al., CompleteP, 2025,
        https://arxiv.org/abs/2505.01618.

    Examples:
        >>> branch = [kr.conv(8), kr.parts.fixed_scale("1/sqrt(L)", depth=24)]
        >>> kr.Residual(branch)(keras.Input((6, 6, 8))).shape
        (None, 6, 6, 8)
    """
    if factor not in FACTORS:
        raise ResidualError(
            f"{scope.where}: fixed_scale has no factor {factor!r}.",
            needed=f"It knows {', '.join(map(repr, FACTORS))}.",
            write="kr.scale(0.3, trainable=False), for a number of your own",
        )
    if "L" in factor and depth is None:
        raise ResidualError(
            f"{scope.where}: fixed_scale({factor!r}) needs the number of branches.",
            write=f"fixed_scale({factor!r}, depth=24)",
        )
    return keras.layers.Rescaling(FACTORS[factor](depth), name=scope.name("scale"))(x)


@checked
def layer_scale_init(depth: Count) -> float:
    """Returns the first value of LayerScale for a network of so many blocks.

    Reference:
        Touvron et al., Going deeper with Image Transformers, 2021,
        https://arxiv.org/abs/2103.17239.

    Args:
        depth: Number of blocks.

    Returns:
        0.1 up to 18 blocks, 1e-5 up to 24, and 1e-6 beyond.

    Examples:
        >>> kr.parts.layer_scale_init(24)
        1e-05
        >>> kr.scale(kr.parts.layer_scale_init(36), per="channel")
        scale(1e-06, per='channel')
    """
    return 0.1 if depth <= 18 else 1e-5 if depth <= 24 else 1e-6


@part
def scaled_init(
    x: Tensor,
    scope: Scope,
    branch: Any,
    gain: float,
    but: Sequence[str] = ("query", "key"),
) -> Tensor:
    """Starts the kernels of a branch larger or smaller than its layers would.

    Layers that are in another graph already stay as they are. A layer of one kernel
    keeps the scaled start in its config, for `keras.models.clone_model`. An attention
    has one initializer for all its kernels, so a clone's start as Keras's: then
    `kr.initialize(clone, "deepnorm")` sets all.

    Reference:
        Wang et al., DeepNet: Scaling Transformers to 1,000 Layers, 2022,
        https://arxiv.org/abs/2203.00555.

    Args:
        branch: The part whose kernels are multiplied.
        gain: What they are multiplied with, once.
        but: Layers inside a layer whose kernels stay; those of DeepNorm by default.

    Examples:
        >>> kr.Residual(kr.parts.scaled_init(kr.parts.mlp(32), 0.5))(
        ...     keras.Input((10, 8))).shape
        (None, 10, 8)
    """
    y = as_part(branch).unfold(x, scope)
    for operation in graph.fresh_operations(x, y):
        for weight in getattr(operation, "weights", ()):
            if weight.name == "kernel" and not _is_one_of(but, weight.path):
                weight.assign(weight * gain)
        start = getattr(operation, "kernel_initializer", None)
        stays = _is_one_of(but, operation.name)
        if not stays and (scaled := _scaled(start, gain)) is not None:
            operation.kernel_initializer = scaled  # type: ignore[attr-defined]
    return y


def _is_one_of(words: Sequence[str], path: str) -> bool:
    """Says whether a path is of such a layer: `query`, or `attention1_query`."""
    names = path.split("/")
    return any(n == word or n.endswith(f"_{word}") for n in names for word in words)


def _scaled(start: Any, gain: float) -> Any:
    """Returns Keras's initializer of values `gain` times as large, where it has one."""
    if isinstance(start, keras.initializers.VarianceScaling):
        how = (start.mode, start.distribution, start.seed)
        return keras.initializers.VarianceScaling(start.scale * gain**2, *how)
    factors = ("stddev", "mean", "gain", "value", "minval", "maxval")
    config: Any = start.get_config() if isinstance(start, _BY_FACTOR) else {}
    config |= {key: config[key] * gain for key in factors if key in config}
    return type(start).from_config(config) if config else None


class DeepNorm(NamedTuple):
    """The two numbers of DeepNorm.

    Attributes:
        alpha: What the shortcut is multiplied with.
        beta: What the weights are multiplied with, but those of queries and keys.
    """

    alpha: float
    beta: float


@checked
def deepnorm_numbers(
    encoder: int = 0, decoder: int = 0
) -> tuple[DeepNorm | None, DeepNorm | None]:
    """Returns alpha and beta of DeepNorm, for the encoder and for the decoder.

    Reference:
        Wang et al., DeepNet: Scaling Transformers to 1,000 Layers, 2022,
        https://arxiv.org/abs/2203.00555.

    Args:
        encoder: Layers of the encoder, of two sub-layers each; 0 for none.
        decoder: Layers of the decoder; 0 for none.

    Returns:
        The numbers of the encoder and of the decoder, None for what there is not.

    Examples:
        >>> kr.parts.deepnorm_numbers(encoder=8)[0].alpha
        2.0
    """
    if encoder and decoder:
        both = (encoder**4 * decoder) ** (1 / 16)
        last = DeepNorm((3 * decoder) ** 0.25, (12 * decoder) ** -0.25)
        return DeepNorm(0.81 * both, 0.87 / both), last
    alone = [
        DeepNorm((2 * n) ** 0.25, (8 * n) ** -0.25) if n else None
        for n in (encoder, decoder)
    ]
    return alone[0], alone[1]
