"""Layers of several nested models that have one name, which Keras counted.

## What it does
Finds different layers with weights that have the same default name, such as `dense_1`,
in nested models of one network, and tells how many there are, once a model.

## Why is this bad?
Keras counts the layers that were made before in the same process. Two models that come
from two sessions, or of which one is a copy, hold other layers under the same names.
Where weights are read by name, and in reports, one is taken for the other. Default
names alone are sound: a `.keras` file does not need them.

## Example
```python
inputs = keras.Input((8,))
x = inputs
for name in ("first", "second"):  # as two files hold them that were saved elsewhere
    dense = keras.layers.Dense(8, name="dense_1")
    x = keras.Sequential([keras.Input((8,)), dense], name=name)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## Use instead
```python
inputs = keras.Input((8,))
x = inputs
for name in ("first", "second"):
    dense = keras.layers.Dense(8, name=f"{name}_dense")
    x = keras.Sequential([keras.Input((8,)), dense], name=name)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

Our recipes name all their layers: `kr.blocks.basic(64)(x, name="stage1_block1")`.

## References
`name` of `keras.layers.Layer`.
"""

import re
from collections import Counter
from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule, summarize
from keras_residual.checks.subject import Subject
from keras_residual.graph.graph import Op


@rule("KR505", "note")
def default_name(subject: Subject) -> Iterator[Found]:
    """Counts the layers whose default name another layer with weights has too."""
    named = [op for op in subject.layers if getattr(op.layer, "weights", None)]
    times = Counter(op.layer.name for op in named)
    alike = [op for op in named if times[op.layer.name] > 1 and _default(op)]
    if alike:
        yield Found(
            "",
            f"{len(alike)} layers with weights have a default name that another one "
            f"has: {summarize(alike)}",
            "name the layers, or the block that makes them",
        )


def _default(op: Op) -> bool:
    name = re.sub(r"_\d+$", "", op.layer.name)
    words = re.sub(r"\W", "", type(op.layer).__name__).lower()
    return name.replace("_", "") == words
