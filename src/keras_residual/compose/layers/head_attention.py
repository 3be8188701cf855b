"""HeadAttention: attention between projections that other layers have made."""

from __future__ import annotations

from typing import Any

import keras

_NEVER = -1e30  # the score of a step that is not read


@keras.saving.register_keras_serializable(package="keras_residual")
class HeadAttention(keras.layers.Layer):
    """Lets steps read each other, head by head, and projects nothing.

    Keras's attentions project in themselves, so nothing can stand between a projection
    and what reads it: no values of another layer, and no norm before the output. Scores
    and their softmax are float32 in mixed precision too.

    Reference:
        Vaswani et al., Attention Is All You Need, 2017, equation 1,
        https://arxiv.org/abs/1706.03762.

    Args:
        heads: Heads of the queries.
        groups: Heads of keys and values. As many as `heads` by default.
        causal: Whether a step reads itself and those before it alone.
        dropout: Share of the weights between steps that is dropped.
        seed: Seed of the dropout.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        Queries, keys and values: `(batch, steps, heads * size)` and twice `(batch,
        steps, groups * size)`.

    Output shape:
        That of the queries.

    Examples:
        >>> q, k, v = keras.Input((10, 8)), keras.Input((10, 4)), keras.Input((10, 4))
        >>> kr.layers.HeadAttention(4, groups=2)([q, k, v]).shape
        (None, 10, 8)
    """

    def __init__(
        self,
        heads: int,
        groups: int | None = None,
        *,
        causal: bool = False,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads, self.groups = heads, groups or heads
        self.causal, self.rate, self.seed = causal, dropout, seed
        self.supports_masking = True
        self.dropout = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        steps: Any = keras.ops.shape(inputs[0])
        query, key, value = map(self._by_head, inputs)
        key, value = key[:, :, :, 0], value[:, :, :, 0]  # one head a group
        scores: Any = keras.ops.einsum("btgrd,bsgd->bgrts", query, key)
        exact = "float64" if self.compute_dtype == "float64" else "float32"
        scores = keras.ops.cast(scores, exact) * query.shape[-1] ** -0.5
        scores = self._allowed(scores, (mask or [None] * 3)[2])
        shares: Any = keras.ops.softmax(scores, axis=-1)
        shares = self.dropout(keras.ops.cast(shares, value.dtype), training=training)
        y = keras.ops.einsum("bgrts,bsgd->btgrd", shares, value)
        return keras.ops.reshape(y, (-1, steps[1], inputs[0].shape[-1]))

    def _by_head(self, x: Any) -> Any:
        """Returns `(batch, steps, groups, heads of a group, size)`."""
        sizes: Any = keras.ops.shape(x)
        heads = x.shape[-1] // self._size // self.groups
        return keras.ops.reshape(x, (-1, sizes[1], self.groups, heads, self._size))

    def _allowed(self, scores: Any, mask: Any) -> Any:
        if mask is not None:
            read = keras.ops.cast(mask, "bool")
            read = keras.ops.expand_dims(read, (1, 2, 3))
            scores = keras.ops.where(read, scores, _NEVER)
        if self.causal:
            sizes: Any = keras.ops.shape(scores)
            asking: Any = keras.ops.arange(sizes[-2])
            asked: Any = keras.ops.arange(sizes[-1])
            scores = keras.ops.where(asked <= asking[:, None], scores, _NEVER)
        return scores

    def build(self, input_shape: Any) -> None:
        self._size = input_shape[0][-1] // self.num_heads

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return previous_mask[0] if previous_mask else None

    def compute_output_shape(self, input_shape: Any) -> tuple:
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        own = {"heads": self.num_heads, "groups": self.groups, "causal": self.causal}
        own |= {"dropout": self.rate, "seed": self.seed}
        return {**super().get_config(), **own}
