"""The two branches of a transformer: attention over steps, and a perceptron of each."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.dropping import dropout
from keras_residual.compose.operations.elementary import act
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.operations.turning import (
    channels_last,
    need_sequence,
    pointwise,
)
from keras_residual.compose.part import Tensor, as_part, part


@part
def attention(
    x: Tensor,
    scope: Scope,
    heads: Count,
    *,
    groups: Count | None = None,
    head_size: Count | None = None,
    causal: bool = False,
    depth: Count | None = None,
    **options: Any,
) -> Tensor:
    """Lets each step of a sequence read the others: self-attention, without its skip.

    Masks are respected and handed on.

    Args:
        heads: Heads of the queries.
        groups: Heads of keys and values, shared by several heads of queries
            (grouped-query attention). As many as `heads` by default.
        head_size: Features of one head. The channels divided by `heads` by default.
        causal: Whether a step reads itself and those before it alone.
        depth: Layers of the network. With it all kernels start as normal(0.02), and
            the output's, which ends the branch, as normal(0.02 / sqrt(2 depth)), unless
            there is a `kernel_initializer`. Keras's initial values by default.
        **options: Arguments of `keras.layers.MultiHeadAttention`, or of
            `GroupQueryAttention` where there are groups, such as `dropout`.

    Raises:
        ResidualError: It is no sequence, or its channels do not divide by the heads.

    Reference:
        Vaswani et al., Attention Is All You Need, 2017,
        https://arxiv.org/abs/1706.03762. Groups: Ainslie et al., GQA, 2023,
        https://arxiv.org/abs/2305.13245. `depth`: Radford et al., Language Models
        are Unsupervised Multitask Learners, 2019.

    Examples:
        >>> kr.parts.attention(4, causal=True)(keras.Input((10, 32))).shape
        (None, 10, 32)
    """
    need_sequence(x, scope, "attention")
    width = axes.channels(x, scope.where)
    if head_size is None and width % heads:
        raise ResidualError(
            f"{scope.where}: {width} channels do not divide by {heads} heads.",
            needed="Each head reads as many features.",
            write=f"attention({heads}, head_size={width // heads + 1})",
        )
    size = head_size or width // heads
    options |= {"name": scope.name("attention")}
    if "kernel_initializer" in options:
        depth = None  # what is given counts, as in `mlp`
    if depth:
        options["kernel_initializer"] = _normal(1)
    if groups is None:
        layer = keras.layers.MultiHeadAttention(heads, size, **options)
    else:
        layer = keras.layers.GroupQueryAttention(size, heads, groups, **options)
    how = {"use_causal_mask": True} if causal else {}
    y = channels_last(x, lambda x: layer(x, x, **how), layer.name)
    if depth:
        last = next(w for w in layer.weights if "attention_output/kernel" in w.path)
        last.assign(last * (2 * depth) ** -0.5)  # Keras has one initializer for all
    return y


@part
def mlp(
    x: Tensor,
    scope: Scope,
    units: Count | None = None,
    *,
    activation: Any = "gelu",
    norm: Any = None,
    dropout_rate: float = 0.0,
    depth: Count | None = None,
    **options: Any,
) -> Tensor:
    """Widens the channels of each position, and narrows them again.

    Args:
        units: Hidden features. Four times the channels by default.
        activation: Activation of the hidden features.
        norm: A norm of the hidden features, or its kind: the inner one of SubLN.
        dropout_rate: Share of the hidden features that is dropped.
        depth: Layers of the network. With it the first kernel starts as normal(0.02),
            and the last, which ends the branch, as normal(0.02 / sqrt(2 depth)).
            Keras's initial values by default.
        **options: Arguments of both `keras.layers.Dense`, such as `use_bias`.

    Reference:
        Vaswani et al., Attention Is All You Need, 2017,
        https://arxiv.org/abs/1706.03762. `norm`: Wang et al., Foundation Transformers,
        2022, https://arxiv.org/abs/2210.06423. `depth`: Radford et al.,
        Language Models are Unsupervised Multitask Learners, 2019.

    Examples:
        >>> kr.parts.mlp(128)(keras.Input((10, 32))).shape
        (None, 10, 32)
    """
    width = axes.channels(x, scope.where)
    first, last = (
        {"kernel_initializer": _normal(scale), **options} if depth else options
        for scale in (1, (2 * (depth or 1)) ** -0.5)
    )
    x = pointwise(x, scope, units or 4 * width, **first)
    drop = dropout(dropout_rate) if dropout_rate else None
    x = as_part([_activation(activation), drop, as_norm(norm)]).unfold(x, scope)
    return pointwise(x, scope, width, **last)


def _activation(word: Any) -> Any:
    return act(word) if isinstance(word, str) else word


def _normal(scale: float) -> Any:
    return keras.initializers.RandomNormal(stddev=0.02 * scale)
