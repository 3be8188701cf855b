"""Where the paths meet: what cannot be joined is refused, and nothing is broadcast."""

from __future__ import annotations

from keras_residual.build import axes, graph
from keras_residual.build.layers import KeepMask
from keras_residual.build.merge import Merge
from keras_residual.build.naming import Scope
from keras_residual.build.part import Tensor


def meet(x: Tensor, paths: dict[str, Tensor], merge: Merge, scope: Scope) -> None:
    """Refuses paths from `x` that the merge would fail on, or would broadcast.

    Args:
        x: Where the paths part.
        paths: What each path made of `x`, by the path's name.
        merge: What is to join them.
        scope: The block.

    Raises:
        ValueError: The paths do not meet.
    """
    shapes = [graph.sizes(x, path)[1] for path in paths.values()]
    if all(merge.fits(shapes[0], shape) for shape in shapes[1:]):
        return
    raise ValueError(
        f'Residual "{scope.prefix}": the {_NUMBER.get(len(paths), "")}paths do not '
        "meet.\n"
        + "".join(_line(name, x, path) for name, path in paths.items())
        + f'"{merge.build.__name__}" needs {merge.needs}. '
        + _advice(shapes, "shortcut" in paths)
    )


_NUMBER = {2: "two "}


def keep_mask(x: Tensor, y: Tensor, scope: Scope) -> Tensor:
    """Returns `y` with the mask of `x`, where a path lost it on the way."""
    if graph.mask(x) is None or graph.mask(y) is not None:
        return y
    before, after = (axes.spatial(shape)[0] for shape in graph.sizes(x, y))
    stride = -(-before // after)
    return KeepMask(stride, name=scope.name("mask"))([y, x])


def _line(name: str, x: Tensor, path: Tensor) -> str:
    line = f"  {name:<9} {x.shape} -> {path.shape}"
    if None in x.shape[1:]:
        before, after = graph.sizes(x, path)
        line += f", which takes {before} to {after}"
    return f"{line}\n"


def _advice(shapes: list[tuple], has_shortcut: bool) -> str:
    first, other = shapes[0], shapes[-1]
    if len(first) != len(other):
        return "Keep the number of axes: no flattening or global pooling on one path."
    if not has_shortcut:
        return "Give the parts the same filters, stride and padding."
    sizes = zip(axes.spatial(first), axes.spatial(other), strict=True)
    if None in (axes.stride_between(a, b) for a, b in sizes):
        return 'Keep the size in the branch:  padding="same"'
    return 'Let the shortcut follow:  shortcut="projection"'
