"""A layer that may hold residual units, and cannot be opened.

## What it does
Finds layers that hold layers of their own, or kernels, and whose call no graph can
hold: it branches on values, loops over steps, writes a state, computes outside Keras.
It says what the other rules, the measures and the pictures know nothing of.

## Why is this bad?
It is not. But residual units inside are not found, not checked, not measured and not
drawn, and a report without findings would look as if all were sound.

## Example
```python
class Skipping(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(8)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        y = self.dense(x)
        return x + y if keras.ops.max(y) < 100 else x

    def compute_output_shape(self, shape):
        return shape

inputs = keras.Input((8,))
model = keras.Model(inputs, Skipping()(inputs))
```

## Use instead
```python
class Skipping(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(8)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        y = self.dense(x)
        return x + keras.ops.where(keras.ops.max(y) < 100, y, 0.0)

inputs = keras.Input((8,))
model = keras.Model(inputs, Skipping()(inputs))
```

## References
"Making new layers and models via subclassing", Keras developer guides.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject


@rule("KR109", "note")
def closed_layer(subject: Subject) -> Iterator[Found]:
    """Names each layer that could not be opened, and why."""
    for path, reason in subject.analysis.closed.items():
        yield Found(
            path,
            f"what is inside is not looked into: {reason}",
            "write its call in keras.ops that need no values, or check what is inside",
        )
