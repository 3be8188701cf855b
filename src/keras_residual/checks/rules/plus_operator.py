"""Paths are merged by `+`, which is no layer.

## What it does
Finds residual sums written `x + y`, or `keras.ops.add(x, y)`.

## Why is this bad?
The sum is then an operation and not a layer: it stands in no `model.layers`, is not
reached by `get_layer`, and has a counted name that nobody chose. Tools that look for
`Add` layers, to draw, to prune or to drop a branch, pass it by.

## Example
```python
inputs = keras.Input((8,))
x = keras.layers.Dense(8)(inputs)
model = keras.Model(inputs, inputs + x)
```

## Use instead
```python
inputs = keras.Input((8,))
x = keras.layers.Dense(8)(inputs)
model = keras.Model(inputs, keras.layers.Add(name="block1_add")([inputs, x]))
```

## Fix safety
Equal shapes are added as before. `Add` takes no numbers, and gives a missing axis
another place than `+` does, so sums that broadcast are left as they are.

## References
`keras.layers.Add`; `keras.ops.add`.
"""

from collections.abc import Iterator

import keras

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject


@rule("KR504", "note", fixable=True)
def plus_operator(subject: Subject) -> Iterator[Found]:
    """Looks for sums that are no layers."""
    for unit in subject.units:
        plain = not isinstance(unit.merge.layer, keras.layers.Layer)
        if subject.in_a_layer(unit.path):
            continue  # its code is its own
        shapes = {op.shape for op in subject.sources(unit.merge)}
        if unit.form == "add" and plain and len(shapes) == 1:
            yield Found(
                unit.path,
                f'"{unit.path}" is an operation, which model.layers does not hold',
                'write keras.layers.Add(name="...")([shortcut, branch])',
            )
