"""The two branches of a transformer: attention over steps, and a perceptron of each."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import Any, cast

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.arguments import Count
from keras_residual.compose.layers import HeadAttention
from keras_residual.compose.named import ActivationWord, NormSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.dropping import dropout
from keras_residual.compose.operations.elementary import act
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.operations.turning import (
    channels_last,
    need_sequence,
    pointwise,
)
from keras_residual.compose.operations.values import channel
from keras_residual.compose.operations.ways import others
from keras_residual.compose.own_mask import own_mask
from keras_residual.compose.part import Part, Tensor, as_part, part


@part
def attention(
    x: Tensor,
    scope: Scope,
    heads: Count,
    *,
    groups: Count | None = None,
    head_size: Count | None = None,
    causal: bool = False,
    norm: NormSlot = None,
    depth: Count | None = None,
    **options: Any,
) -> Tensor:
    """Lets each step of a sequence read the others: self-attention, without its skip.

    Masks are respected and handed on. It is one layer of Keras's; with a norm, and
    inside `kr.parts.value_residual`, it is a layer a projection, and `HeadAttention`.

    Args:
        heads: Heads of the queries.
        groups: Heads of keys and values, shared by several heads of queries
            (grouped-query attention). As many as `heads` by default.
        head_size: Features of one head. The channels divided by `heads` by default.
        causal: Whether a step reads itself and those before it alone.
        norm: A norm before the output's projection, or its kind: the inner one of
            SubLN.
        depth: Layers of the network. With it all kernels start as normal(0.02), and
            the output's, which ends the branch, as normal(0.02 / sqrt(2 depth)), unless
            there is a `kernel_initializer`. Keras's initial values by default.
        **options: Arguments of `keras.layers.MultiHeadAttention`, or of
            `GroupQueryAttention` where there are groups, such as `dropout`;
            where projections are layers, of `keras.layers.Dense`, `dropout` and `seed`.

    Raises:
        ResidualError: It is no sequence, its channels do not divide by the heads, or
            its heads not by the groups, or its projections do not take an option.

    Reference:
        Vaswani et al., Attention Is All You Need, 2017,
        https://arxiv.org/abs/1706.03762. Groups: Ainslie et al., GQA, 2023,
        https://arxiv.org/abs/2305.13245. `norm`: Wang et al., Foundation Transformers,
        2022, https://arxiv.org/abs/2210.06423. `depth`: Radford et al., Language Models
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
    if "kernel_initializer" in options:
        depth = None  # what is given counts, as in `mlp`
    if depth:
        options["kernel_initializer"] = _normal(1)
    name = scope.name("attention")
    if norm is not None or channel() is not None or others() is not None:
        heading = _Heads(name, heads, groups or heads, size, causal)
        return heading.attend(x, as_norm(norm), depth, options)
    options |= {"name": name}
    if groups is None:
        layer = keras.layers.MultiHeadAttention(heads, size, **options)
        x = own_mask(x, scope)
    else:
        layer = keras.layers.GroupQueryAttention(size, heads, groups, **options)
    how = {"use_causal_mask": True} if causal else {}
    y = channels_last(x, lambda x: layer(x, x, **how), layer.name)
    if depth:
        last = next(w for w in layer.weights if "attention_output/kernel" in w.path)
        last.assign(last * (2 * depth) ** -0.5)  # Keras has one initializer for all
    return y


_OF_ATTENTION = ("dropout", "seed")


@dataclass(frozen=True)
class _Heads:
    """An attention whose projections are layers of their own."""

    name: str
    heads: int
    groups: int
    size: int
    causal: bool

    def attend(
        self, x: Tensor, norm: Part, depth: int | None, options: dict[str, Any]
    ) -> Tensor:
        """Adds the projections, what reads them, the norm, and the last projection."""
        width, options = axes.channels(x, self.name), self._sorted_out(options)
        shared, beside = channel(), self.groups * self.size
        if shared is not None:
            shared.enter(x, beside, self.name)

        def read(x: Tensor) -> Tensor:
            keys, values = self._beside(x)
            query = self._dense("query", self.heads * self.size, options)(x)
            key = self._dense("key", beside, options)(keys)

            def own() -> Tensor:
                return self._dense("value", beside, options)(values)

            value = shared.values(own, key, self.name) if shared else own()
            how = {word: options[word] for word in _OF_ATTENTION if word in options}
            layer = HeadAttention(
                self.heads, self.groups, causal=self.causal, name=self.name, **how
            )
            return layer([query, key, value])

        y = channels_last(x, read, self.name)
        y = norm.unfold(y, Scope(self.name, claimed=True))
        if depth:
            options = {**options, "kernel_initializer": _normal((2 * depth) ** -0.5)}
        last = self._dense("output", width, options)
        return channels_last(y, last, last.name)

    def _beside(self, x: Tensor) -> tuple[Tensor, ...]:
        """Returns what keys and values are projected from, the channels last."""
        found = others()
        if found is None or axes.channel_axis(found[0]) == -1:
            return found or (x, x)
        return tuple(
            keras.layers.Permute((2, 1), name=f"{self.name}_{word}_open")(one)
            for word, one in zip(("key", "value"), found, strict=True)
        )

    def _sorted_out(self, options: dict[str, Any]) -> dict[str, Any]:
        """Returns the options, each of them one that a projection takes."""
        if self.heads % self.groups:
            raise ResidualError(
                f'"{self.name}": {self.heads} heads do not divide by '
                f"{self.groups} groups.",
                needed="Each group serves as many heads.",
                write=f"groups={math.gcd(self.heads, self.groups)}",
            )
        takes = {*inspect.signature(keras.layers.Dense).parameters, *_OF_ATTENTION}
        for word in sorted({*options} - takes):
            raise ResidualError(
                f'"{self.name}": its projections do not take {word}={options[word]!r}.',
                needed="With an inner norm or shared values they are Dense layers.",
                write="kr.parts.attention without it",
            )
        return options

    def _dense(self, word: str, units: int, options: dict[str, Any]) -> Any:
        own = {k: v for k, v in options.items() if k not in _OF_ATTENTION}
        start = own.get("kernel_initializer")
        if isinstance(start, keras.initializers.Initializer):
            own["kernel_initializer"] = start.clone()  # else all would start alike
        return keras.layers.Dense(units, name=f"{self.name}_{word}", **own)


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
    return act(cast(ActivationWord, word)) if isinstance(word, str) else word


def _normal(scale: float) -> Any:
    return keras.initializers.RandomNormal(stddev=0.02 * scale)
