"""MobileNetV2, EfficientNet and ShuffleNet V2: networks for few operations."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from keras_residual.compose.blocks import inverted_residual, mbconv, shufflenet_v2
from keras_residual.compose.blocks.slots import weights
from keras_residual.compose.models.pictures import OfPictures, head, tails
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Tensor, as_part
from keras_residual.compose.parts import pool

Stage = tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Inverted(OfPictures):
    """A network of inverted residuals.

    Attributes:
        block: Makes a block from its filters.
        stages: Expansion, filters, blocks, stride and kernel size of each stage.
        stem: Filters of the first convolution.
        last: Filters of the last one.
        activation: Activation of the publication.
        size: Height and width of a picture.
        dropout_rate: Share of the means that is dropped before the classes.
    """

    block: Any
    stages: tuple[Stage, ...]
    stem: int = 32
    last: int = 1280
    activation: str = "silu"
    size: int = 224
    dropout_rate: float = 0.2

    parts = frozenset({"norm", "activation", "drop_path"})

    def unfold(
        self,
        x: Tensor,
        classes: int | None = None,
        *,
        norm: Any = "batch",
        activation: Any = None,
        drop_path: Any = None,
    ) -> Tensor:
        """Adds the network to the graph of `x`."""
        activation = self.activation if activation is None else activation
        after = [as_norm(norm), activation]
        x = as_part([weights(self.stem, 3, 2, norm=norm), *after])(x, name="stem")
        ends = iter(tails(drop_path, sum(stage[2] for stage in self.stages)))
        for number, (expansion, filters, depth, stride, size) in enumerate(
            self.stages, 1
        ):
            for block in range(1, depth + 1):
                make = self.block(
                    filters,
                    stride=stride if block == 1 else 1,
                    expansion=expansion,
                    kernel_size=size,
                    norm=norm,
                    activation=activation,
                    tail=next(ends),
                )
                x = make(x, name=f"stage{number}_block{block}")
        end = [weights(self.last, 1, norm=norm), *after]
        return head(end, classes, dropout_rate=self.dropout_rate)(x, name="head")


@dataclass(frozen=True)
class Shuffled(OfPictures):
    """A ShuffleNet V2.

    Attributes:
        widths: Filters of the three stages, and of the last convolution.
        depths: Blocks of each stage.
        stem: Filters of the first convolution.
        size: Height and width of a picture.
    """

    widths: tuple[int, int, int, int]
    depths: tuple[int, ...] = (4, 8, 4)
    stem: int = 24
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
        after = [as_norm(norm), activation]
        shrink = pool("max", 3, stride=2, padding="symmetric")
        stem = [weights(self.stem, 3, 2, norm=norm), *after, shrink]
        x = as_part(stem)(x, name="stem")
        *stages, last = self.widths
        for number, (filters, depth) in enumerate(
            zip(stages, self.depths, strict=True), 1
        ):
            for block in range(1, depth + 1):
                stride = 2 if block == 1 else 1
                make = shufflenet_v2(
                    filters, stride=stride, norm=norm, activation=activation
                )
                x = make(x, name=f"stage{number}_block{block}")
        return head([weights(last, 1, norm=norm), *after], classes)(x, name="head")


def divisible(width: float) -> int:
    """Returns the multiple of 8 that is nearest, not below nine tenths of the width."""
    near = max(8, int(width + 4) // 8 * 8)
    return near + 8 if near < 0.9 * width else near


_MOBILE: tuple[Stage, ...] = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 32, 3, 2, 3),
    (6, 64, 4, 2, 3),
    (6, 96, 3, 1, 3),
    (6, 160, 3, 2, 3),
    (6, 320, 1, 1, 3),
)
"""Sandler et al. 2018."""

_EFFICIENT: tuple[Stage, ...] = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
"""Tan & Le 2019."""


def _efficient() -> Iterator[tuple[str, Inverted]]:
    """Widths, depths, sizes and dropout of the official code."""
    rows = (
        (1.0, 1.0, 224, 0.2),
        (1.0, 1.1, 240, 0.2),
        (1.1, 1.2, 260, 0.3),
        (1.2, 1.4, 300, 0.3),
        (1.4, 1.8, 380, 0.4),
        (1.6, 2.2, 456, 0.4),
        (1.8, 2.6, 528, 0.5),
        (2.0, 3.1, 600, 0.5),
    )
    for number, (width, depth, size, rate) in enumerate(rows):
        stages = tuple(
            (t, divisible(width * c), math.ceil(depth * n), s, k)
            for t, c, n, s, k in _EFFICIENT
        )
        stem, last = divisible(32 * width), 4 * divisible(320 * width)
        row = Inverted(mbconv, stages, stem, last, size=size, dropout_rate=rate)
        yield f"efficientnet_b{number}", row


VARIANTS: dict[str, Any] = {
    "mobilenet_v2": Inverted(inverted_residual, _MOBILE, activation="relu6"),
    **dict(_efficient()),
    "shufflenet_v2_x0_5": Shuffled((48, 96, 192, 1024)),
    "shufflenet_v2_x1_0": Shuffled((116, 232, 464, 1024)),
    "shufflenet_v2_x1_5": Shuffled((176, 352, 704, 1024)),
    "shufflenet_v2_x2_0": Shuffled((244, 488, 976, 2048)),
}
"""Ma et al. 2018, for ShuffleNet V2."""
