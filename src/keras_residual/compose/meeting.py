"""Where the paths meet: what cannot be joined is refused, and nothing is broadcast."""

from __future__ import annotations

from collections.abc import Iterator

from keras_residual.common.errors import ResidualError
from keras_residual.compose import graph, sizes
from keras_residual.compose.apart import advice
from keras_residual.compose.layers import KeepMask
from keras_residual.compose.merge import Merge
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Tensor
from keras_residual.compose.sizes import Shape


def meet(x: Tensor, paths: dict[str, Tensor], merge: Merge, scope: Scope) -> None:
    """Refuses paths from `x` that the merge would fail on, or would broadcast.

    Args:
        x: Where the paths part.
        paths: What each path made of `x`, by the path's name.
        merge: What is to join them.
        scope: The block.

    Raises:
        ResidualError: The paths do not meet.
    """
    rows = [row[1:] for row in sizes.tried(x, list(paths.values()))]
    apart = [shapes for shapes in rows if not _fit(shapes, merge)]
    if rows and not apart:
        return
    rule, write = _advice(x, paths, apart)
    raise ResidualError(
        f'Residual "{scope.prefix}": the {_NUMBER.get(len(paths), "")}paths do not '
        "meet.",
        given=dict(_told(x, paths, merge)),
        needed=f'"{merge.build.__name__}" needs {merge.needs}. {rule}'.rstrip(),
        write=write,
    )


_NUMBER = {2: "two "}


def keep_mask(x: Tensor, y: Tensor, scope: Scope) -> Tensor:
    """Returns `y` with the mask of `x`, where a path lost it on the way.

    Where the steps of `y` are not some of those of `x`, there is none to keep.
    """
    if graph.mask(x) is None or graph.keeps_mask(y):
        return y
    step = next(iter(sizes.steps(x, x, y)), None)
    if step is None:
        return y
    first = max(0, step.trimmed) // 2
    return KeepMask(step.stride, first, name=scope.name("mask"))([y, x])


def _fit(shapes: list[Shape], merge: Merge) -> bool:
    return all(merge.fits(shapes[0], shape) for shape in shapes[1:])


def _told(
    x: Tensor, paths: dict[str, Tensor], merge: Merge
) -> Iterator[tuple[str, str]]:
    """Yields what each path does, where sizes are unknown at one that parts them."""
    rows = sizes.tried(x, list(paths.values()))
    before, *after = next((r for r in rows if not _fit(r[1:], merge)), [None] * 9)
    for (name, path), shape in zip(paths.items(), after, strict=False):
        told = f", which takes {before} to {shape}" if None in x.shape[1:] else ""
        yield name, f"{x.shape} -> {path.shape}{told * bool(before)}"


def _advice(
    x: Tensor, paths: dict[str, Tensor], apart: list[list[Shape]]
) -> tuple[str, str]:
    """Returns what more is to be known, and what to write."""
    if not apart:
        return "No size that was tried goes through them.", "keras.Input with sizes"
    if "shortcut" not in paths:
        return "", "parts of the same filters, stride and padding"
    if (found := advice(x, *paths.values())) is not None:
        return found
    if None in sizes.steps(x, *paths.values()):
        return "", "a branch and a shortcut that make the same sizes"
    return "", 'shortcut="projection"'
