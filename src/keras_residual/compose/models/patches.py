"""Networks that cut an image into patches: ViT and MLP-Mixer, a table and a builder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.blocks import mixer, transformer
from keras_residual.compose.layers import Positions, Token
from keras_residual.compose.models.pictures import tails
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.operations.turning import channels_last
from keras_residual.compose.part import Part, Tensor, as_part, part
from keras_residual.compose.parts import attention, conv, dense, mlp, norm, pool

NORM = norm("layer", epsilon=1e-6)


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes:
        block: Makes a block of the variant, and of what differs in it.
        size: Pixels of a patch along each side.
        width: Channels of the stream.
        depth: Number of blocks.
        heads: Heads of the attention; or hidden features over the patches.
        token: Whether a learned token reads all patches; else they are averaged.
    """

    block: Callable[..., Part]
    size: int
    width: int
    depth: int
    heads: int
    token: bool

    parts = frozenset({"norm", "activation", "drop_path"})

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of one image."""
        first = keras.config.image_data_format() == "channels_first"
        return (3, 224, 224) if first else (224, 224, 3)

    def unfold(
        self,
        x: Tensor,
        classes: int | None = None,
        *,
        norm: Any = NORM,
        activation: Any = "gelu",
        drop_path: Any = None,
    ) -> Tensor:
        """Adds the network to the graph of `x`."""
        x = as_part(_stem(self.width, self.size, self.token))(x, name="stem")
        for number, tail in enumerate(tails(drop_path, self.depth), 1):
            block = self.block(self, activation, norm=norm, tail=tail)
            x = block(x, name=f"stage1_block{number}")
        classes = 1000 if classes is None else classes
        if not classes:
            return as_norm(norm)(x, name="head")
        read = _first_step if self.token else pool("global_average")
        return as_part([as_norm(norm), read, dense(classes)])(x, name="head")


@part
def _stem(x: Tensor, scope: Scope, width: int, size: int, token: bool) -> Tensor:
    """Cuts into patches, in rows; with a token there are positions, too."""
    sizes = [x.shape[axis] for axis in axes.places(x)]
    if any(each is None or each % size for each in sizes):
        raise ResidualError(
            f"{scope.where}: patches of {size} do not cut up a tensor {x.shape}.",
            needed="Each size is known, and a multiple of the patch's.",
            write="keras.layers.Resizing, before it",
        )
    start: Any = keras.initializers.LecunNormal()
    cut = conv(width, size, stride=size, padding="valid", kernel_initializer=start)
    x = cut.unfold(x, scope)
    first = axes.channel_axis(x) == 1
    rows = (width, -1) if first else (-1, width)
    x = keras.layers.Reshape(rows, name=scope.name("reshape"))(x)
    if not token:
        return x
    layer = Token(name=scope.name("token"))
    x = channels_last(x, layer, layer.name)
    layer = Positions(x.shape[axes.places(x)[0]], name=scope.name("positions"))
    return channels_last(x, layer, layer.name)


def _first_step(x: Any) -> Any:
    return x[:, :, 0] if axes.channel_axis(x) == 1 else x[:, 0]


def _attending(variant: Variant, activation: Any, **how: Any) -> Part:
    branch = mlp(4 * variant.width, activation=activation)
    return transformer(attention(variant.heads), branch, **how)


def _mixing(variant: Variant, activation: Any, **how: Any) -> Part:
    return mixer(variant.heads, 4 * variant.width, activation=activation, **how)


VARIANTS: dict[str, Variant] = {
    "vit_b_16": Variant(_attending, 16, 768, 12, 12, True),
    "mixer_b16": Variant(_mixing, 16, 768, 12, 384, False),
}
"""Dosovitskiy et al. 2020; Tolstikhin et al. 2021."""
