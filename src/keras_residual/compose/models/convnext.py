"""ConvNeXt, both versions, and ConvMixer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras_residual.compose.blocks import convmixer, convnext, convnext_v2
from keras_residual.compose.blocks.convnext import LAYER_NORM, SMALL
from keras_residual.compose.models.pictures import OfPictures, head, tails
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Tensor, as_part
from keras_residual.compose.parts import conv


@dataclass(frozen=True)
class Stages(OfPictures):
    """A ConvNeXt.

    Attributes:
        block: Makes a block from its filters.
        depths: Blocks of each stage.
        widths: Filters of each stage.
        size: Height and width of a picture.
    """

    block: Any
    depths: tuple[int, ...]
    widths: tuple[int, ...]
    size: int = 224

    parts = frozenset({"norm", "activation", "drop_path"})

    def unfold(
        self,
        x: Tensor,
        classes: int | None = None,
        *,
        norm: Any = LAYER_NORM,
        activation: Any = "gelu",
        drop_path: Any = None,
    ) -> Tensor:
        """Adds the network to the graph of `x`."""
        norm, ends = as_norm(norm), iter(tails(drop_path, sum(self.depths)))
        for stage, (depth, width) in enumerate(
            zip(self.depths, self.widths, strict=True), 1
        ):
            patch = 2 if stage > 1 else 4
            shrink: list[Any] = [
                conv(
                    width,
                    patch,
                    stride=patch,
                    padding="valid",
                    kernel_initializer=SMALL,
                )
            ]
            shrink = [norm, *shrink] if stage > 1 else [*shrink, norm]
            x = as_part(shrink)(x, name=f"stage{stage}_down" if stage > 1 else "stem")
            for block in range(1, depth + 1):
                make = self.block(
                    width, norm=norm, activation=activation, tail=next(ends)
                )
                x = make(x, name=f"stage{stage}_block{block}")
        return head(None, classes, after=norm)(x, name="head")


@dataclass(frozen=True)
class Mixer(OfPictures):
    """A ConvMixer.

    Attributes:
        width: Filters.
        depth: Blocks.
        kernel_size: Elements that the depthwise kernels span along each axis.
        patch: Height and width of a patch.
        activation: Activation of the publication.
        size: Height and width of a picture.
    """

    width: int
    depth: int
    kernel_size: int
    patch: int
    activation: str = "gelu"
    size: int = 224

    parts = frozenset({"norm", "activation"})

    def unfold(
        self,
        x: Tensor,
        classes: int | None = None,
        *,
        norm: Any = "batch",
        activation: Any = None,
    ) -> Tensor:
        """Adds the network to the graph of `x`."""
        activation = self.activation if activation is None else activation
        patches = conv(self.width, self.patch, stride=self.patch, padding="valid")
        x = as_part([patches, activation, as_norm(norm)])(x, name="stem")
        each = convmixer(
            self.width,
            kernel_size=self.kernel_size,
            norm=norm,
            activation=activation,
        )
        for block in range(1, self.depth + 1):
            x = each(x, name=f"stage1_block{block}")
        return head(None, classes)(x, name="head")


_TINY, _SMALL, _WIDTHS = (3, 3, 9, 3), (3, 3, 27, 3), (96, 192, 384, 768)
_BASE, _LARGE = (128, 256, 512, 1024), (192, 384, 768, 1536)

VARIANTS: dict[str, Any] = {
    # Liu et al. 2022, and Woo et al. 2023
    "convnext_tiny": Stages(convnext, _TINY, _WIDTHS),
    "convnext_small": Stages(convnext, _SMALL, _WIDTHS),
    "convnext_base": Stages(convnext, _SMALL, _BASE),
    "convnext_large": Stages(convnext, _SMALL, _LARGE),
    "convnext_v2_atto": Stages(convnext_v2, (2, 2, 6, 2), (40, 80, 160, 320)),
    "convnext_v2_femto": Stages(convnext_v2, (2, 2, 6, 2), (48, 96, 192, 384)),
    "convnext_v2_pico": Stages(convnext_v2, (2, 2, 6, 2), (64, 128, 256, 512)),
    "convnext_v2_nano": Stages(convnext_v2, (2, 2, 8, 2), (80, 160, 320, 640)),
    "convnext_v2_tiny": Stages(convnext_v2, _TINY, _WIDTHS),
    "convnext_v2_base": Stages(convnext_v2, _SMALL, _BASE),
    "convnext_v2_large": Stages(convnext_v2, _SMALL, _LARGE),
    # Trockman & Kolter 2022
    "convmixer_768_32": Mixer(768, 32, 7, 7, "relu"),
    "convmixer_1024_20": Mixer(1024, 20, 9, 14),
    "convmixer_1536_20": Mixer(1536, 20, 9, 7),
}
