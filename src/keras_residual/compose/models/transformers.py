"""Pre-norm transformers for sequences: a table, and a builder of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.blocks import transformer
from keras_residual.compose.layers import Positions
from keras_residual.compose.models.pictures import tails
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.operations.turning import channels_last, pointwise
from keras_residual.compose.part import Tensor, as_part, part
from keras_residual.compose.parts import attention, dense, mlp, pool


@dataclass(frozen=True)
class _Variant:
    """One row of the table.

    Attributes:
        width: Channels of the stream, 64 a head.
        depth: Number of blocks.
    """

    width: int
    depth: int

    parts = frozenset({"norm", "activation", "drop_path"})

    def _stream(
        self,
        x: Tensor,
        causal: bool,
        *,
        norm: Any = "layer",
        activation: Any = "gelu",
        drop_path: Any = None,
    ) -> Tensor:
        """Adds the blocks, and the norm that ends a stream of pre-norm blocks."""
        branches = (
            attention(self.width // 64, causal=causal, depth=self.depth),
            mlp(activation=activation, depth=self.depth),
        )
        for number, tail in enumerate(tails(drop_path, self.depth), 1):
            block = transformer(*branches, norm=norm, tail=tail)
            x = block(x, name=f"stage1_block{number}")
        return as_norm(norm)(x, name="head")


class Encoder(_Variant):
    """Reads a sequence of vectors in both directions, and says one thing of it."""

    input_shape = (128, 16)

    def unfold(self, x: Tensor, classes: int | None = None, **parts: Any) -> Tensor:
        """Adds the network to the graph of `x`."""
        x = as_part([_widen(self.width), _place()])(x, name="stem")
        x = self._stream(x, False, **parts)
        classes = 2 if classes is None else classes
        head = [pool("global_average"), dense(classes)] if classes else None
        return as_part(head)(x, name="head")


class Decoder(_Variant):
    """Reads numbered tokens, and says of each step which comes next.

    The classes are the tokens. One matrix embeds them and tells them apart.
    """

    input_shape = (1024,)
    dtype = "int32"  # a float, in half precision, is wrong beyond 2048

    def unfold(self, x: Tensor, classes: int | None = None, **parts: Any) -> Tensor:
        """Adds the network to the graph of `x`."""
        start: Any = keras.initializers.RandomNormal(stddev=0.02)
        tokens = keras.layers.ReversibleEmbedding(
            classes or GPT2_TOKENS,
            self.width,
            embeddings_initializer=start,
            name="stem_tokens",
        )
        places = Positions(_known(x.shape[1], "stem", x), name="stem_positions")
        x = self._stream(_turned(places(tokens(x)), "stem"), True, **parts)
        return x if classes == 0 else tokens(_turned(x, "head"), reverse=True)


def _turned(x: Tensor, word: str) -> Tensor:
    """Turns what has its channels last into the data format, or back."""
    if axes.channel_axis(x) == -1:
        return x
    return keras.layers.Permute((2, 1), name=f"{word}_turn")(x)


_widen = part(pointwise)


@part
def _place(x: Tensor, scope: Scope) -> Tensor:
    steps = _known(x.shape[axes.places(x)[0]], scope.where, x)
    layer = Positions(steps, name=scope.name("positions"))
    return channels_last(x, layer, layer.name)


def _known(steps: int | None, where: str, x: Tensor) -> int:
    if steps is None:
        raise ResidualError(
            f"{where}: the steps of a tensor {x.shape} are not known.",
            needed="Each has a learned position.",
            write="input_shape with the number of steps, at most",
        )
    return steps


GPT2_TOKENS = 50_257

VARIANTS: dict[str, _Variant] = {
    "transformer_encoder_tiny": Encoder(128, 2),
    "transformer_encoder_small": Encoder(512, 4),
    "transformer_decoder_tiny": Decoder(128, 2),
    "transformer_decoder_small": Decoder(512, 4),
    "transformer_decoder_base": Decoder(768, 12),
}
"""Sizes of Turc et al. 2019; the largest is GPT-2 of 124 million, with exact GELU."""
