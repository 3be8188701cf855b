"""Layers with weights whose names Keras counted.

## What it does
Finds layers with weights named by class and number, such as `conv2d_17`, and tells how
many there are, once a model.

## Why is this bad?
The number counts the layers made before in the same process, so the same code gives
another name in another session, and a block more shifts all later ones. Weights cannot
be loaded by such names, and reports that speak of them cannot be compared.

## Example
```python
inputs = keras.Input((8,))
x = keras.layers.Dense(8)(keras.layers.Dense(8)(inputs))
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## Use instead
```python
inputs = keras.Input((8,))
x = keras.layers.Dense(8, name="block1_branch_dense1")(inputs)
x = keras.layers.Dense(8, name="block1_branch_dense2")(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

Our recipes name all their layers: `kr.blocks.basic(64)(x, name="stage1_block1")`.

## References
`name` of `keras.layers.Layer`.
"""

import re
from collections.abc import Iterator

from keras_residual.read.checks.rule import Found, rule
from keras_residual.read.checks.subject import Subject
from keras_residual.read.checks.told import told
from keras_residual.read.graph import Op


@rule("KR505", "note")
def default_name(subject: Subject) -> Iterator[Found]:
    """Counts the layers with weights that have the name of their class and a number."""
    named = [op for op in subject.layers if getattr(op.layer, "weights", None)]
    counted = [op for op in named if _counted(op)]
    if counted:
        yield Found(
            "",
            f"{len(counted)} of {len(named)} layers with weights have counted names: "
            f"{told(counted)}",
            "name the layers, or the block that makes them",
        )


def _counted(op: Op) -> bool:
    """A name without a number is left: it may have been chosen, and does not move."""
    name, number = re.fullmatch(r"(.*?)(_\d+)?", op.layer.name).groups()  # type: ignore
    words = re.sub(r"\W", "", type(op.layer).__name__).lower()
    return number is not None and name.replace("_", "") == words
