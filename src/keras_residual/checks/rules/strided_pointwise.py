"""A strided 1x1 convolution, which skips most of its input.

## What it does
Finds 1x1 convolutions with a stride, on the shortcut or the branch of a sum, which no
wider window precedes on their path.

## Why is this bad?
At stride 2 it reads one of four pixels; three of four are never looked at. Where both
paths begin so, no path of the unit looks at them. ResNet-D pools before the 1x1
convolution of the shortcut, and strides in the 3x3 convolution of the branch.

## Example
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(32, 1, strides=2)(inputs)
x = keras.layers.Conv2D(32, 3, padding="same")(x)
y = keras.layers.Conv2D(32, 1, strides=2)(inputs)
model = keras.Model(inputs, keras.layers.Add()([y, x]))
```

## Use instead
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(32, 3, strides=2, padding="same")(inputs)
y = keras.layers.AveragePooling2D(2)(inputs)
y = keras.layers.Conv2D(32, 1)(y)
model = keras.Model(inputs, keras.layers.Add()([y, x]))
```

## References
He et al., Bag of Tricks for Image Classification with Convolutional Neural Networks,
2018, section 4 (figure 2).
"""

from collections.abc import Iterator
from math import prod

from keras_residual.checks.rule import Found, rule, summarize
from keras_residual.checks.subject import Subject
from keras_residual.graph.graph import Op
from keras_residual.graph.windows import is_pointwise, steps, widens


@rule("KR205", "note")
def strided_pointwise(subject: Subject) -> Iterator[Found]:
    """Looks for the first strided convolution of each path."""
    seen: set[int] = set()
    for unit in subject.units:
        if unit.form != "add" or unit.shortcut is None:
            continue
        paths = (unit.shortcut, *unit.branches)
        first = [op for path in paths if (op := _skipping(path)) is not None]
        skipping = [op for op in first if op.index not in seen]
        seen.update(op.index for op in skipping)
        if skipping:
            share = prod(steps(skipping[0].layer))
            yield Found(
                unit.path,
                f"{summarize(skipping)} read{'s'[: len(skipping) < 2]} one of {share} "
                "positions"
                + (
                    ", and no path reads the others" if len(first) == len(paths) else ""
                ),
                'pool before the shortcut: shortcut="pooled_projection"; in the '
                "branch, stride in the 3x3 convolution",
            )


def _skipping(path: tuple[Op, ...]) -> Op | None:
    """Returns a strided 1x1 convolution before which nothing widens the window."""
    for op in path:
        if op.kind == "conv" and is_pointwise(op.layer) and prod(steps(op.layer)) > 1:
            return op
        if widens(op):
            return None
    return None
