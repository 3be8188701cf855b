"""A layer that holds layers of its own, which are not looked into.

## What it does
Finds layers that are made of layers and have no graph that could be read: a model in
`TimeDistributed`, a subclassed model, a custom layer with layers inside. It says what
the other rules, the measures and the pictures know nothing of.

## Why is this bad?
It is not. But residual units inside are not found, not checked, not measured and not
drawn, and a report without findings would look as if all were sound.

## Example
```python
inputs = keras.Input((8,))
block = keras.layers.Add()([inputs, keras.layers.Dense(8)(inputs)])
frames = keras.Input((4, 8))
x = keras.layers.TimeDistributed(keras.Model(inputs, block))(frames)
model = keras.Model(frames, x)
```

## Use instead
```python
frames = keras.Input((4, 8))
x = keras.layers.Dense(8)(frames)  # takes each frame by itself
model = keras.Model(frames, keras.layers.Add()([frames, x]))
```

Or look at what is inside by itself: `kr.check(layer.layer)`.

## References
`keras.layers.TimeDistributed`. "Making new layers and models via subclassing", Keras
developer guides.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject
from keras_residual.graph.closed import closed_layers


@rule("KR109", "note")
def closed_layer(subject: Subject) -> Iterator[Found]:
    """Names each layer that is made of layers and has no graph."""
    for op in closed_layers(subject.graph):
        yield Found(
            op.path,
            f"the layers inside this {type(op.layer).__name__} are not looked into",
            "check what is inside by itself, or build it of Keras layers in one graph",
        )
