"""WaveNet: a sound, or another sequence of numbered levels, one step at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from keras_residual.compose.axes import channel_axis
from keras_residual.compose.blocks import wavenet
from keras_residual.compose.part import Tensor, as_part
from keras_residual.compose.parts import conv


@dataclass(frozen=True)
class WaveNet:
    """Reads numbered levels, and says of each step which comes next.

    The classes are the levels. The paper gives the depth and says nothing of widths.

    Attributes:
        width: Channels of the stream, and of its gates.
        skip_width: Channels of the sum of skips.
        cycles: How often the dilation is doubled from 1.
        longest: The last dilation of a cycle.
        levels: Levels of the publication: 8 bits, by the mu law.
    """

    width: int = 32
    skip_width: int = 256
    cycles: int = 3
    longest: int = 512
    levels: int = 256

    parts = frozenset[str]()
    input_shape = (4096,)
    dtype = "int32"  # a float, in half precision, is wrong beyond 2048

    def unfold(self, x: Tensor, classes: int | None = None) -> Tensor:
        """Adds the network to the graph of `x`."""
        levels = classes or self.levels

        def one_hot(x: Any) -> Any:
            # Behind the steps, or before them: as convolutions want their channels.
            axis = 1 if keras.config.image_data_format() == "channels_first" else -1
            return keras.ops.one_hot(x, levels, axis=axis)

        x = as_part([one_hot, conv(self.width, 2, padding="causal")])(x, name="stem")
        rates = [2**k for k in range(self.longest.bit_length())] * self.cycles
        stack = wavenet(self.width, self.skip_width, dilation_rates=rates)
        x = stack(x, name="stage1")
        if classes == 0:
            return x
        head = ["relu", conv(self.skip_width, 1), "relu", conv(levels, 1)]
        x = as_part(head)(x, name="head")
        if channel_axis(x) == -1:
            return x
        return keras.layers.Permute((2, 1), name="head_turn")(x)


VARIANTS = {"wavenet": WaveNet()}
"""Van den Oord et al. 2016."""
