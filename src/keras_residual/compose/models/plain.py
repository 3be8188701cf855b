"""RepVGG and MobileOne as they are trained: chains of blocks of several paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras_residual.compose.blocks import mobileone, repvgg
from keras_residual.compose.models.pictures import OfPictures, head
from keras_residual.compose.part import Tensor


@dataclass(frozen=True)
class Plain(OfPictures):
    """A network whose blocks become one convolution each.

    Attributes:
        depths: Blocks of each stage.
        widths: Filters of each stage; the stem has as many as the first, at
            most 64.
        branches: Convolutions that are alike, of MobileOne; 0 for RepVGG.
        size: Height and width of a picture.
    """

    depths: tuple[int, ...]
    widths: tuple[int, ...]
    branches: int = 0
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
        x = repvgg(min(64, self.widths[0]), stride=2, **slots)(x, name="stem")
        for stage, (depth, width) in enumerate(
            zip(self.depths, self.widths, strict=True), 1
        ):
            for block in range(1, depth + 1):
                stride = 2 if block == 1 else 1
                make = (
                    mobileone(width, stride=stride, branches=self.branches, **slots)
                    if self.branches
                    else repvgg(width, stride=stride, **slots)
                )
                x = make(x, name=f"stage{stage}_block{block}")
        return head(None, classes)(x, name="head")


_A, _B, _ONE = (2, 4, 14, 1), (4, 6, 16, 1), (2, 8, 10, 1)

VARIANTS = {
    # Ding et al. 2021
    "repvgg_a0": Plain(_A, (48, 96, 192, 1280)),
    "repvgg_a1": Plain(_A, (64, 128, 256, 1280)),
    "repvgg_a2": Plain(_A, (96, 192, 384, 1408)),
    "repvgg_b0": Plain(_B, (64, 128, 256, 1280)),
    "repvgg_b1": Plain(_B, (128, 256, 512, 2048)),
    # Vasu et al. 2022
    "mobileone_s0": Plain(_ONE, (48, 128, 256, 1024), branches=4),
    "mobileone_s1": Plain(_ONE, (96, 192, 512, 1280), branches=1),
    "mobileone_s2": Plain(_ONE, (96, 256, 640, 2048), branches=1),
    "mobileone_s3": Plain(_ONE, (128, 320, 768, 2048), branches=1),
}
