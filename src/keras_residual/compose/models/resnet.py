"""ResNet v1 and v2, for CIFAR and for ImageNet: a table and a builder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from keras_residual.compose.blocks import (
    basic,
    bottleneck,
    preactivation,
    preactivation_bottleneck,
    resnext,
    se_bottleneck,
    wide,
)
from keras_residual.compose.blocks.slots import weights
from keras_residual.compose.models.pictures import picture, tails
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Part, Tensor, as_part
from keras_residual.compose.parts import dense, nest, pool

_FLAT_LIMIT = 900
"""Chained operations; `keras.Model` fails at about 975 of them."""


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes:
        block: Makes a block from its filters.
        depths: Blocks in each stage; the filters double from stage to stage.
        images: `"cifar"` (3x3 stem, 16 filters) or `"imagenet"` (7x7 stem, 64).
        operations: Chained operations in one block, at most.
        shortcut: Shortcut of the publication.
        widen: How many times as many filters each stage has.
    """

    block: Callable[..., Part]
    depths: tuple[int, ...]
    images: str
    operations: int
    shortcut: str = "auto"
    widen: int = 1

    parts = frozenset({"shortcut", "norm", "activation", "zero_init", "drop_path"})

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of one image."""
        return picture(32 if self.images == "cifar" else 224)

    def unfold(
        self,
        x: Tensor,
        classes: int | None = None,
        *,
        norm: Any = "batch",
        activation: Any = "relu",
        drop_path: Any = None,
        **parts: Any,
    ) -> Tensor:
        """Adds the network to the graph of `x`."""
        parts = {"shortcut": self.shortcut, **parts}
        parts |= {"norm": norm, "activation": activation}
        before = as_part([as_norm(norm), activation])
        late = getattr(self.block, "func", self.block) in _LATE
        x = self._stem(before, late, norm)(x, name="stem")
        for name, filters, stride, tail in self._blocks(drop_path):
            block = self.block(filters, stride=stride, tail=tail, **parts)
            if self.operations * sum(self.depths) > _FLAT_LIMIT:
                block = nest(block)
            x = block(x, name=name)
        return self._head(before if late else None, classes)(x, name="head")

    def _stem(self, before: Part, late: bool, norm: Any) -> Part:
        if self.images == "cifar":
            return as_part([weights(16, 3, norm=norm), None if late else before])
        shrink = pool("max", 3, stride=2, padding="symmetric")
        first = weights(64, 7, 2, norm=norm)
        return as_part([first, None if late else before, shrink])

    def _blocks(self, drop_path: Any) -> Iterator[tuple[str, int, int, Any]]:
        ends = iter(tails(drop_path, sum(self.depths)))
        for stage, depth in enumerate(self.depths, 1):
            for block in range(1, depth + 1):
                first = self.widen * (16 if self.images == "cifar" else 64)
                filters = first * 2 ** (stage - 1)
                stride = 2 if stage > 1 and block == 1 else 1
                yield f"stage{stage}_block{block}", filters, stride, next(ends)

    def _head(self, before: Part | None, classes: int | None) -> Part:
        classes = _CLASSES[self.images] if classes is None else classes
        if not classes:
            return as_part(before)
        return as_part([before, pool("global_average"), dense(classes)])


_LATE = (preactivation, preactivation_bottleneck, wide)
_CLASSES = {"cifar": 10, "imagenet": 1000}


def _cifar() -> Iterator[tuple[str, Variant]]:
    """He et al. 2015, section 4.2 (6n + 2 layers); He et al. 2016, table 3."""
    for n in (1, 3, 5, 7, 9, 18, 200):
        v1 = Variant(basic, (n, n, n), "cifar", 8, shortcut="zero_pad")
        yield f"resnet{6 * n + 2}", v1
    for n in (1, 3, 5, 7, 9, 18):
        v2 = Variant(preactivation, (n, n, n), "cifar", 8)
        yield f"resnet{6 * n + 2}_v2", v2
    for n in (18, 111):
        v2 = Variant(preactivation_bottleneck, (n, n, n), "cifar", 11)
        yield f"resnet{9 * n + 2}_v2", v2


def _imagenet() -> Iterator[tuple[str, Variant]]:
    """He et al. 2015, table 1; He et al. 2016, section 5."""
    rows: dict[int, tuple[int, ...]] = {
        18: (2, 2, 2, 2),
        34: (3, 4, 6, 3),
        50: (3, 4, 6, 3),
        101: (3, 4, 23, 3),
        152: (3, 8, 36, 3),
    }
    for depth, depths in rows.items():
        deep = depth >= 50
        v1, v2 = (
            (bottleneck, preactivation_bottleneck)
            if deep
            else (
                basic,
                preactivation,
            )
        )
        yield f"resnet{depth}", Variant(v1, depths, "imagenet", 11 if deep else 8)
        yield f"resnet{depth}_v2", Variant(v2, depths, "imagenet", 11 if deep else 8)


def _others() -> Iterator[tuple[str, Variant]]:
    """Zagoruyko & Komodakis 2016, Xie et al. 2016 and Hu et al. 2017, table 1 each."""
    yield "wide_resnet28_10", Variant(wide, (4, 4, 4), "cifar", 9, widen=10)
    for name, block, depths in (
        ("wide_resnet50_2", partial(resnext, cardinality=1, base_width=128), _50),
        ("wide_resnet101_2", partial(resnext, cardinality=1, base_width=128), _101),
        ("resnext50_32x4d", resnext, _50),
        ("resnext101_32x8d", partial(resnext, base_width=8), _101),
        ("se_resnet50", se_bottleneck, _50),
        ("se_resnet101", se_bottleneck, _101),
    ):
        yield name, Variant(block, depths, "imagenet", 17)


_50, _101 = (3, 4, 6, 3), (3, 4, 23, 3)
VARIANTS: dict[str, Variant] = {
    **dict(_cifar()),
    **dict(_imagenet()),
    **dict(_others()),
}
