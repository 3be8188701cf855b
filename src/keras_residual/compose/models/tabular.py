"""The residual network for tables: a table and a builder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras_residual.compose.blocks import tabular
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Tensor, as_part
from keras_residual.compose.parts import dense


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes:
        width: Features of the stream.
        depth: Number of blocks.
        dropout_rate: Share of the hidden features that is dropped.
    """

    width: int
    depth: int
    dropout_rate: float

    parts = frozenset({"shortcut", "norm", "activation"})
    input_shape = (16,)

    def unfold(
        self,
        x: Tensor,
        classes: int | None = None,
        *,
        norm: Any = "batch",
        activation: Any = "relu",
        shortcut: Any = "auto",
    ) -> Tensor:
        """Adds the network to the graph of `x`."""
        block = tabular(
            self.width,
            norm=norm,
            activation=activation,
            shortcut=shortcut,
            dropout_rate=self.dropout_rate,
        )
        x = dense(self.width)(x, name="stem")
        for number in range(1, self.depth + 1):
            x = block(x, name=f"stage1_block{number}")
        head = dense(2 if classes is None else classes) if classes != 0 else None
        return as_part([as_norm(norm), activation, head])(x, name="head")


VARIANTS = {"tabular_resnet": Variant(width=128, depth=4, dropout_rate=0.1)}
"""Gorishniy et al. 2021, section 3.2; width and depth from the middle of its search."""
