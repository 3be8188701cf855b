"""DenseNet, for ImageNet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras_residual.compose.blocks import densenet_layer, densenet_transition
from keras_residual.compose.blocks.slots import weights
from keras_residual.compose.models.pictures import OfPictures, head
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Tensor, as_part
from keras_residual.compose.parts import pool


@dataclass(frozen=True)
class Dense(OfPictures):
    """A DenseNet-BC.

    Attributes:
        depths: Layers of each dense block.
        growth_rate: Channels that a layer adds.
        stem: Filters of the first convolution.
        size: Height and width of a picture.
    """

    depths: tuple[int, ...]
    growth_rate: int = 32
    stem: int = 64
    size: int = 224

    parts = frozenset({"norm", "activation"})

    def unfold(
        self,
        x: Tensor,
        classes: int | None = None,
        *,
        norm: Any = "batch",
        activation: Any = "relu",
    ) -> Tensor:
        """Adds the network to the graph of `x`."""
        slots = {"norm": norm, "activation": activation}
        before = [as_norm(norm), activation]
        shrink = pool("max", 3, stride=2, padding="symmetric")
        stem = as_part([weights(self.stem, 7, 2, norm=norm), *before, shrink])
        x = stem(x, name="stem")
        for stage, depth in enumerate(self.depths, 1):
            if stage > 1:
                x = densenet_transition(**slots)(x, name=f"transition{stage - 1}")
            for block in range(1, depth + 1):
                layer = densenet_layer(self.growth_rate, **slots)
                x = layer(x, name=f"stage{stage}_block{block}")
        return head(before, classes)(x, name="head")


VARIANTS = {
    "densenet121": Dense((6, 12, 24, 16)),
    "densenet161": Dense((6, 12, 36, 24), growth_rate=48, stem=96),
    "densenet169": Dense((6, 12, 32, 32)),
    "densenet201": Dense((6, 12, 48, 32)),
}
"""Huang et al. 2016."""
