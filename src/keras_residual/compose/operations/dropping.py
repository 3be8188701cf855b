"""Randomness in training: dropout of elements, and of whole branches."""

from __future__ import annotations

from typing import Literal

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.axes import places
from keras_residual.compose.layers import DropPath, ShakeDrop
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Tensor, part


@part
def dropout(
    x: Tensor,
    scope: Scope,
    rate: float,
    seed: int | None = None,
    *,
    per: Literal["element", "channel"] = "element",
) -> Tensor:
    """Drops elements in training, and scales up those that are left.

    Args:
        rate: Share of the elements that is dropped, 0 to 1.
        seed: Makes the draws repeatable.
        per: `"element"` draws for each, `"channel"` for a whole channel of a sample
            (spatial dropout), since neighbours say nearly the same.

    Raises:
        ResidualError: It is drawn per something else, or the rate is no share.

    Reference:
        Srivastava et al., Dropout, 2014; per channel: Tompson et al., Efficient Object
        Localization Using Convolutional Networks, 2014,
        https://arxiv.org/abs/1411.4280.

    Examples:
        >>> kr.dropout(0.1)(keras.Input((8,))).shape
        (None, 8)
    """
    if per not in ("element", "channel"):
        raise ResidualError(
            f"{scope.where}: dropout has no per={per!r}.",
            write='per="element" or per="channel"',
        )
    _demand_share("dropout", rate, scope)
    draws = None
    if per == "channel":
        draws = tuple(1 if axis in places(x) else None for axis in range(len(x.shape)))
    layer = keras.layers.Dropout(rate, draws, seed=seed, name=scope.name("dropout"))
    return layer(x)


def _demand_share(name: str, rate: float, scope: Scope) -> None:
    if not 0 <= rate <= 1:
        raise ResidualError(
            f"{scope.where}: `rate` of {name} is from 0 to 1.",
            given=rate,
            write=f"{name}({rate / 100:g})" if 2 <= rate < 100 else f"{name}(0.1)",
        )


@part
def drop_path(
    x: Tensor,
    scope: Scope,
    rate: float,
    *,
    rescale: Literal["inverted", "paper", "none"] = "inverted",
    per: Literal["sample", "batch"] = "sample",
    seed: int | None = None,
) -> Tensor:
    """Drops the whole branch in training, at random (stochastic depth).

    Args:
        rate: Probability with which the branch is dropped, 0 to 1. At 0 there is no
            layer.
        rescale: Which convention keeps the expectation: `"inverted"` divides by
            `1 - rate` in training (timm, Keras's ConvNeXt); `"paper"` multiplies by
            `1 - rate` in inference (Huang et al.); `"none"` does neither (NFNet).
        per: `"sample"` draws for each sample, `"batch"` once for the batch, as the
            paper does.
        seed: Makes the draws repeatable.

    Raises:
        ResidualError: There is no such convention, or the rate is no probability.

    Reference:
        Huang et al., Deep Networks with Stochastic Depth, 2016, equations 2 and 5,
        https://arxiv.org/abs/1603.09382.

    Examples:
        >>> kr.drop_path(0.1)(keras.Input((8, 8, 64))).shape
        (None, 8, 8, 64)
    """
    if per not in ("sample", "batch") or rescale not in ("inverted", "paper", "none"):
        raise ResidualError(
            f"{scope.where}: drop_path has no such convention.",
            given=f"per={per!r}, rescale={rescale!r}",
            needed='`per` is "sample" or "batch", and `rescale` "inverted", "paper" or '
            '"none".',
            write='per="sample", rescale="inverted"',
        )
    _demand_share("drop_path", rate, scope)
    if rate == 0:
        return x
    name = scope.name("drop_path")
    if rescale != "inverted":
        return DropPath(rate, rescale=rescale, per=per, seed=seed, name=name)(x)
    draws = (None if per == "sample" else 1, *[1] * (len(x.shape) - 1))
    return keras.layers.Dropout(rate, noise_shape=draws, seed=seed, name=name)(x)


@part
def shake_drop(
    x: Tensor,
    scope: Scope,
    rate: float,
    *,
    alpha: tuple[float, float] = (-1.0, 1.0),
    beta: tuple[float, float] = (0.0, 1.0),
    per: Literal["sample", "batch"] = "sample",
    gate_per: Literal["sample", "batch"] = "batch",
    seed: int | None = None,
) -> Tensor:
    """Multiplies a branch with a random number in training, other ones for gradients.

    It stands at the end of a branch, behind a batch norm, without which training
    diverges; the rate grows with depth (`drop_rates`), to 0.5. For deep pyramidal
    networks and long training.

    Args:
        rate: Probability with which the branch is shaken, 0 to 1. At 0 there is no
            layer.
        alpha: Smallest and largest number forward.
        beta: Smallest and largest number backward.
        per: `"sample"` draws both for each sample, `"batch"` once for the batch.
        gate_per: The same for whether the branch is shaken.
        seed: Makes the draws repeatable.

    Raises:
        ResidualError: The rate is no probability, or a draw is for something else.

    Reference:
        Yamada et al., ShakeDrop Regularization for Deep Residual Learning, 2018,
        https://arxiv.org/abs/1802.02375.

    Examples:
        >>> branch = [kr.conv(8), kr.norm("batch"), kr.parts.shake_drop(0.5)]
        >>> kr.Residual(branch)(keras.Input((8, 8, 8))).shape
        (None, 8, 8, 8)
    """
    if rate == 0:
        return x
    draws = {"alpha": alpha, "beta": beta, "per": per, "gate_per": gate_per}
    return ShakeDrop(rate, **draws, seed=seed, name=scope.name("shake_drop"))(x)


@checked
def drop_rates(rate: float, blocks: Count, schedule: str = "(l+1)/L") -> list[float]:
    """Returns the drop rate of each block, growing with depth.

    Args:
        rate: Rate at the end of the network, 0 to 1.
        blocks: Number of blocks, the `L` of the schedule.
        schedule: What the rate of block `l` (counted from 0) is multiplied with:
            `"(l+1)/L"` (Huang et al.), `"l/(L-1)"` (timm), `"l/L"` (NFNet), or `"1"`,
            the same everywhere (CaiT).

    Returns:
        One rate a block.

    Raises:
        ResidualError: There is no such schedule.

    Examples:
        >>> kr.parts.drop_rates(0.5, 4, "(l+1)/L")
        [0.125, 0.25, 0.375, 0.5]
    """
    schedules = {
        "(l+1)/L": lambda block: (block + 1) / blocks,
        "l/(L-1)": lambda block: block / max(1, blocks - 1),
        "l/L": lambda block: block / blocks,
        "1": lambda block: 1.0,
    }
    if schedule not in schedules:
        raise ResidualError(
            f"drop_rates has no schedule {schedule!r}.",
            needed=f"It knows {', '.join(map(repr, schedules))}.",
            write='schedule="(l+1)/L"',
        )
    return [rate * schedules[schedule](block) for block in range(blocks)]
