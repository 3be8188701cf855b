"""Networks that classify time series: a table and a builder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras_residual.compose.axes import channel_axis
from keras_residual.compose.blocks import inception_time, tcn, time_series
from keras_residual.compose.part import Part, Tensor, as_part
from keras_residual.compose.parts import dense, pool


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes:
        blocks: Makes the blocks, of what differs from the publication.
        parts: What that is.
        input_shape: The shape of one sample.
        classes: Size of the output of the publication.
        last: Whether the last step is read, which has seen all; else their mean.
    """

    blocks: Callable[..., list[Part]]
    parts: frozenset[str]
    input_shape: tuple[int, int]
    classes: int
    last: bool = False

    def unfold(self, x: Tensor, classes: int | None = None, **parts: Any) -> Tensor:
        """Adds the network to the graph of `x`."""
        for number, block in enumerate(self.blocks(**parts), 1):
            x = block(x, name=f"stage1_block{number}")
        classes = self.classes if classes is None else classes
        if not classes:
            return x
        read = _last_step if self.last else pool("global_average")
        return as_part([read, dense(classes)])(x, name="head")


def _last_step(x: Any) -> Any:
    return x[:, :, -1] if channel_axis(x) == 1 else x[:, -1]


def _tcn(**parts: Any) -> list[Part]:
    """Bai et al. 2018: sequential MNIST."""
    how = {"dropout_rate": 0.0, **parts}
    return [tcn(25, 7, dilation_rate=2**level, **how) for level in range(8)]


def _resnet(**parts: Any) -> list[Part]:
    """Wang et al. 2016."""
    return [time_series(filters, **parts) for filters in (64, 128, 128)]


def _inception(**parts: Any) -> list[Part]:
    """Fawaz et al. 2019: two residual blocks of three modules."""
    return [inception_time(32, **parts) for _ in range(2)]


_NORMED = frozenset({"norm", "activation"})

VARIANTS: dict[str, Variant] = {
    "tcn": Variant(
        _tcn, frozenset({"dropout_rate", "shortcut"}), (784, 1), 10, last=True
    ),
    "time_series_resnet": Variant(_resnet, _NORMED, (150, 1), 2),
    "inception_time": Variant(_inception, _NORMED, (150, 1), 2),
}
