"""Paths that stride, and then look at different pixels.

## What it does
Computes for each strided sum which pixel of its entry the first output of each path is
centred on, from kernels, strides and paddings, and finds paths that are a whole pixel
or more apart. Half a pixel, as between a 2x2 pool and a 3x3 convolution, is quiet. Open
sizes are taken as 224.

## Why is this bad?
Keras's `padding="same"` pads a strided 3x3 convolution of an even size at the end only,
so its centres are the pixels 1, 3, 5, …; those of a strided 1x1 shortcut 0, 2, 4, ….
At odd sizes both are 0, 2, 4, …. So what is added belongs to different places, by how
much depends on the size, and weights of PyTorch, which pads both sides, do not fit.

## Example
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(32, 3, strides=2, padding="same")(inputs)
y = keras.layers.Conv2D(32, 1, strides=2)(inputs)
model = keras.Model(inputs, keras.layers.Add()([y, x]))
```

## Use instead
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.ZeroPadding2D(1)(inputs)
x = keras.layers.Conv2D(32, 3, strides=2)(x)
y = keras.layers.Conv2D(32, 1, strides=2)(inputs)
model = keras.Model(inputs, keras.layers.Add()([y, x]))
```

## References
`padding` of `keras.layers.Conv2D` and of `torch.nn.Conv2d`.
"""

from collections.abc import Iterator

from keras_residual.checks.probing import PROBES, Grid, Shape, grids, shapes_at
from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject
from keras_residual.graph.found import Unit


@rule("KR204", "note")
def misaligned_stride(subject: Subject) -> Iterator[Found]:
    """Compares the first centres of the shortcut and of each branch."""
    strided = [
        unit
        for unit in subject.units
        if unit.form == "add" and unit.stride > 1 and unit.shortcut is not None
    ]
    shapes = shapes_at(subject.graph, PROBES[0]) if strided else []
    for unit in strided:
        starts = _apart(subject, unit, shapes)
        if starts is not None:
            yield Found(
                unit.path,
                f"the shortcut starts at pixel {starts[0]:g} of its input, the branch "
                f"at pixel {starts[1]:g}",
                'pad both sides: kr.conv(..., padding="symmetric"), or '
                "keras.layers.ZeroPadding2D before a convolution that pads nothing",
            )


def _apart(
    subject: Subject, unit: Unit, shapes: list[Shape | None]
) -> tuple[float, float] | None:
    carried = grids(subject.graph, unit.shortcut or (), unit.entry, shapes)
    for branch in unit.branches:
        change = grids(subject.graph, branch, unit.entry, shapes)
        if carried is None or change is None:
            continue
        for one, other in zip(carried, change, strict=True):
            if _both_stride(one, other) and abs(one.start - other.start) >= 1:
                return one.start, other.start
    return None


def _both_stride(one: Grid, other: Grid) -> bool:
    return one.step == other.step and one.step > 1
