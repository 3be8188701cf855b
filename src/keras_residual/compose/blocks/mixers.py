"""The blocks that mix steps with a matrix: MLP-Mixer and ResMLP."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.named import NormSlot, PartSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.operations.turning import need_sequence, steps_last
from keras_residual.compose.part import Tensor, part
from keras_residual.compose.parts import affine, scale
from keras_residual.compose.parts import mlp as perceptron
from keras_residual.compose.residual import Residual


@part
@checked
def mixer(
    x: Tensor,
    scope: Scope,
    token_units: Count,
    units: Count | None = None,
    *,
    norm: NormSlot = "layer",
    activation: PartSlot = "gelu",
    tail: Any = None,
) -> Tensor:
    """Makes the block of MLP-Mixer: a perceptron over the steps, one over the channels.

    The steps are counted, so that a model of them takes sequences of one length.

    Reference:
        Tolstikhin et al., MLP-Mixer: An all-MLP Architecture for Vision, 2021,
        https://arxiv.org/abs/2105.01601.

    Args:
        token_units: Hidden features of the perceptron over the steps.
        units: Hidden features of the perceptron over the channels. Four times the
            channels by default.
        norm: A norm or its kind.
        activation: Activation of the hidden features.
        tail: Part at the end of each branch, such as `kr.drop_path(0.1)`.

    Returns:
        The part. Identity at initialisation: no.

    Raises:
        ResidualError: The number of steps is not known.

    Examples:
        >>> kr.blocks.mixer(16, 128)(keras.Input((49, 32))).shape
        (None, 49, 32)
    """
    norm = as_norm(norm)
    across = [_over_steps(token_units), activation, _over_steps(_steps(x, scope))]
    scope = Scope(scope.claim("mixer"))
    within = perceptron(units, activation=activation)
    for word, branch in (("tokens", across), ("channels", [within])):
        x = Residual([norm, *branch, tail]).unfold(x, Scope(f"{scope.prefix}_{word}"))
    return x


@part
@checked
def res_mlp(
    x: Tensor,
    scope: Scope,
    units: Count | None = None,
    *,
    initial: float = 1e-4,
    norm: NormSlot = None,
    activation: PartSlot = "gelu",
    tail: Any = None,
) -> Tensor:
    """Makes the block of ResMLP: a matrix over the steps, a perceptron over channels.

    There is no norm, only a factor and a shift a channel, and LayerScale at the end of
    each branch (without the shift that the paper has there, as in the authors' code).
    The steps are counted, as in `mixer`.

    Reference:
        Touvron et al., ResMLP, 2021,
        https://arxiv.org/abs/2105.03404.

    Args:
        units: Hidden features of the perceptron. Four times the channels by default.
        initial: Where LayerScale starts. 1e-4 is the authors' default; their networks
            of 12, 24 and 36 blocks have 0.1, 1e-5 and 1e-6, which is
            `kr.parts.layer_scale_init(depth)`.
        norm: What stands where others have a norm; `kr.parts.affine()` by default.
        activation: Activation of the hidden features.
        tail: Part at the end of each branch, such as `kr.drop_path(0.1)`.

    Returns:
        The part. Identity at initialisation: to within `initial`, about.

    Raises:
        ResidualError: The number of steps is not known.

    Examples:
        >>> kr.blocks.res_mlp(128)(keras.Input((49, 32))).shape
        (None, 49, 32)
    """
    first = affine() if norm is None else as_norm(norm)
    last = [scale(initial, per="channel"), tail]
    across = _over_steps(_steps(x, scope))
    scope = Scope(scope.claim("res_mlp"))
    within = perceptron(units, activation=activation)
    for word, branch in (("tokens", across), ("channels", within)):
        block = Residual([first, branch, *last])
        x = block.unfold(x, Scope(f"{scope.prefix}_{word}"))
    return x


@part
def _over_steps(x: Tensor, scope: Scope, units: int) -> Tensor:
    """Multiplies the steps of each channel with a matrix."""
    layer = keras.layers.Dense(units, name=scope.name("steps"))
    return steps_last(x, layer, layer.name)


def _steps(x: Tensor, scope: Scope) -> int:
    need_sequence(x, scope, "what mixes steps")
    (axis,) = axes.places(x)
    if x.shape[axis] is None:
        raise ResidualError(
            f"{scope.where}: the steps of a tensor {x.shape} are not known.",
            needed="A matrix that mixes them has as many rows.",
            write="keras.Input with its number of steps",
        )
    return x.shape[axis]
