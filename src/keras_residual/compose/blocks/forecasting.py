"""The blocks of forecasters: TFT's gated residual network, TiDE's and N-BEATS'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import closest
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.layers.basis import KINDS, Basis, functions
from keras_residual.compose.named import NormSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.operations.turning import pointwise
from keras_residual.compose.part import Made, Tensor, as_part, part
from keras_residual.compose.parts import dense, dropout, parallel
from keras_residual.compose.residual import Residual

_wide = part(pointwise)


@part
@checked
def gated_residual(
    x: Tensor,
    scope: Scope,
    units: Count,
    width: Count | None = None,
    *,
    context: Any = None,
    dropout_rate: float = 0.0,
    norm: NormSlot = "layer",
) -> Tensor:
    """Makes TFT's gated residual network: a gate decides how much is added.

    Use it where some inputs may not matter: the gate can shut the branch.

    Reference:
        Lim et al., Temporal Fusion Transformers for Interpretable Multi-horizon Time
        Series Forecasting, 2019, https://arxiv.org/abs/1912.09363.

    Args:
        units: Hidden features.
        width: Features of the output. As many as the hidden ones by default.
        context: A symbolic tensor of the shape of `x` but for its channels, which
            moves the hidden features. None by default.
        dropout_rate: Share of the features that is dropped before the gate.
        norm: A norm after the sum, or its kind.

    Returns:
        The part. Identity at initialisation: no.

    Raises:
        ResidualError: The context has other axes than the input.

    Examples:
        >>> kr.blocks.gated_residual(16)(keras.Input((8,))).shape
        (None, 16)
    """
    first: Any = _wide(units)
    if context is not None:
        first = _with(context, x, scope, first)
    drop = dropout(dropout_rate) if dropout_rate else None
    halves = [_wide(width or units), _wide(width or units, activation="sigmoid")]
    gate = parallel(halves, merge="multiply")
    branch = [each for each in (first, "elu", _wide(units), drop, gate) if each]
    return Residual(branch, activation=as_norm(norm)).unfold(x, scope)


def _with(context: Any, x: Tensor, scope: Scope, first: Made) -> Any:
    """Lim et al. 2019: W_2 a + W_3 c + b, the context without a bias."""
    others, own = list(context.shape), list(x.shape)
    for sizes in (others, own):
        del sizes[axes.channel_axis(x)]
    if others != own:
        raise ResidualError(
            f"{scope.where}: the context and the input have other axes.",
            given=f"context {tuple(context.shape)}, input {tuple(x.shape)}",
            needed="They agree but for the channels.",
            write="keras.layers.RepeatVector(steps)(context), for a sequence",
        )
    moved = _wide(first.given["units"], use_bias=False)
    return lambda a: keras.layers.Add()([first(a), moved(context)])


@part
@checked
def tide(
    x: Tensor,
    scope: Scope,
    units: Count,
    width: Count | None = None,
    *,
    dropout_rate: float = 0.0,
    norm: NormSlot = "layer",
) -> Tensor:
    """Makes TiDE's residual block: one hidden layer, beside a linear shortcut.

    The shortcut is linear even where the shapes agree.

    Reference:
        Das et al., Long-term Forecasting with TiDE: Time-series Dense Encoder, 2023,
        https://arxiv.org/abs/2304.08424.

    Args:
        units: Hidden features.
        width: Features of the output. As many as the input has by default.
        dropout_rate: Share of the branch's features that is dropped.
        norm: A norm after the sum, or its kind.

    Returns:
        The part. Identity at initialisation: no.

    Examples:
        >>> kr.blocks.tide(32, 16)(keras.Input((8,))).shape
        (None, 16)
    """
    width = width or axes.channels(x, scope.where)
    drop = dropout(dropout_rate) if dropout_rate else None
    branch = [_wide(units), "relu", _wide(width), drop]
    block = Residual(branch, _wide(width), activation=as_norm(norm))
    return block.unfold(x, scope)


@part
@checked
def nbeats(
    x: Tensor,
    scope: Scope,
    horizon: Count,
    units: Count = 512,
    *,
    blocks: Count = 3,
    theta: Count = 32,
    layers: Count = 4,
    basis: str | Sequence[str] = "generic",
    degree: Count = 2,
) -> Tensor:
    """Makes stacks of N-BEATS blocks, and returns their forecast.

    It is doubly residual: what a block explains of the past, its backcast, is
    subtracted from the stream, and its forecast is added to those of the others. The
    last block's backcast would be read by nobody, and is not there.

    With `basis=("trend", "seasonality")` it is the interpretable network, N-BEATS-I:
    each forecast is a polynomial of time, or a sum of waves. Its authors let the blocks
    of a stack share all weights; here each has its own.

    Reference:
        Oreshkin et al., N-BEATS: Neural basis expansion analysis for interpretable time
        series forecasting, 2019, https://arxiv.org/abs/1905.10437.

    Args:
        horizon: Steps of the forecast; the input holds those of the past.
        units: Features of the hidden layers.
        blocks: Number of blocks of a stack.
        theta: Coefficients of the generic basis, for backcast and forecast each.
        layers: Hidden layers of a block.
        basis: What forecasts are made of, a word a stack: `"generic"` learns it,
            `"trend"` and `"seasonality"` are fixed functions of time.
        degree: Degree of the polynomials of a trend.

    Returns:
        The part. Identity at initialisation: no.

    Raises:
        ResidualError: It is not the past of one series, or there is no such basis.

    Examples:
        >>> kr.blocks.nbeats(12, units=64)(keras.Input((48,))).shape
        (None, 12)
        >>> plain = kr.blocks.nbeats(12, 64, basis=("trend", "seasonality"))
        >>> plain(keras.Input((48,))).shape
        (None, 12)
    """
    if len(x.shape) != 2:
        raise ResidualError(
            f"{scope.where}: N-BEATS does not take a tensor {x.shape}.",
            needed="It needs the past of one series, (batch, steps).",
            write="keras.layers.Flatten(), before it",
        )
    stacks = [basis] if isinstance(basis, str) else list(basis)
    made = [_Basis(each, theta, degree) for each in stacks for _ in range(blocks)]
    scope, forecasts = Scope(scope.claim("nbeats")), []
    past, hidden = axes.channels(x, scope.where), [dense(units, activation="relu")]
    for number, each in enumerate(made, 1):
        inner = Scope(f"{scope.prefix}_block{number}")
        whole = each.over(past) if number < len(made) else None
        x = _explained(x, inner, hidden * layers, whole, forecasts)
        forecast = as_part(each.over(horizon))
        forecasts[-1] = forecast.unfold(forecasts[-1], inner.inside("forecast"))
    if len(forecasts) == 1:
        return forecasts[0]
    return keras.layers.Add(name=scope.name("add"))(forecasts)


def _explained(
    x: Tensor, scope: Scope, hidden: list[Made], past: Any, found: list[Tensor]
) -> Tensor:
    """Takes a backcast, if there is one, from the past; puts what it found aside."""
    if past is None:
        found.append(as_part(hidden).unfold(x, scope.inside("branch")))
        return x
    branch = [*hidden, lambda h: found.append(h) or h, past]
    return Residual(branch, merge=keras.layers.Subtract()).unfold(x, scope)


@dataclass(frozen=True)
class _Basis:
    """Oreshkin et al. 2019, section 3.3: theta = W h, then V theta, V fixed or not."""

    kind: str
    theta: int
    degree: int

    def __post_init__(self) -> None:
        known = ("generic", *KINDS)
        if self.kind not in known:
            raise ResidualError(
                f"nbeats: there is no basis {self.kind!r}.",
                needed=f"It is one of {', '.join(map(repr, known))}, a word a stack.",
                write=f"basis={closest(str(self.kind), known)!r}",
            )

    def over(self, steps: int) -> list[Any]:
        if self.kind == "generic":
            return [dense(self.theta, use_bias=False), dense(steps)]
        count = len(functions(self.kind, steps, self.degree))
        return [dense(count, use_bias=False), _fixed(self.kind, steps, self.degree)]


@part
def _fixed(x: Tensor, scope: Scope, kind: str, steps: int, degree: int) -> Tensor:
    return Basis(kind, steps, degree=degree, name=scope.name("basis"))(x)
