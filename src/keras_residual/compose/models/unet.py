"""U-Net and ResUNet: a map of classes from a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras_residual.common.errors import ResidualError
from keras_residual.compose import axes
from keras_residual.compose.blocks import unet_bottom, unet_level
from keras_residual.compose.models.pictures import picture
from keras_residual.compose.part import Tensor
from keras_residual.compose.parts import conv


@dataclass(frozen=True)
class UNet:
    """A U-Net, whose convolutions pad.

    Attributes:
        widths: Filters of each level, from the outermost on.
        size: Height and width of a picture.
        colours: Channels of a picture.
        classes: Classes of the publication.
    """

    widths: tuple[int, ...]
    size: int = 512
    colours: int = 1
    classes: int = 2

    parts = frozenset({"norm", "activation"})

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of one image."""
        return picture(self.size, self.colours)

    def unfold(
        self,
        x: Tensor,
        classes: int | None = None,
        *,
        norm: Any = None,
        activation: Any = "relu",
    ) -> Tensor:
        """Adds the network to the graph of `x`; logits for each place.

        Raises:
            ResidualError: The sizes cannot be halved at each level.
        """
        self._demand(x)
        slots = {"norm": norm, "activation": activation}
        *levels, bottom = self.widths
        net = unet_bottom(bottom, **slots)
        for width in reversed(levels):
            net = unet_level(width, net, **slots)
        x = net(x, name="unet")
        classes = self.classes if classes is None else classes
        return conv(classes, 1)(x, name="head") if classes else x

    def _demand(self, x: Tensor) -> None:
        factor = 2 ** (len(self.widths) - 1)
        given = [x.shape[axis] for axis in axes.places(x)]
        if all(size is None or size % factor == 0 for size in given):
            return
        padded = [
            None if size is None else -(-size // factor) * factor for size in given
        ]
        shape = (*padded, x.shape[axes.channel_axis(x)])
        if axes.channel_axis(x) == 1:
            shape = (shape[-1], *padded)
        raise ResidualError(
            "models.build: a U-Net halves its picture at each level.",
            given=f"a picture {tuple(x.shape[1:])}",
            needed=f"{factor} divides its sizes.",
            write=f"input_shape={shape}, and pictures padded to it",
        )


VARIANTS = {"unet": UNet((64, 128, 256, 512, 1024))}
"""Ronneberger et al. 2015."""
