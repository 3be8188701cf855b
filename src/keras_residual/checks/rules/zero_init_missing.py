"""A very deep network whose branches do not start at zero.

## What it does
Finds networks of 50 or more sums whose branches end in a norm with a scale that
starts at one. It reads the initialisers, not the weights, so for a trained model it
only says how training began.

## Why is this bad?
With a scale of zero at its end each branch is silent at first and the network starts as
a shallow one, which bears a higher learning rate and larger batches. He et al. (2018)
count it among the refinements of large-batch training. The bound is ours: 50 sums are
ResNet-152, which was published without; the deeper the network, the more it helps.

## Example
```python
inputs = x = keras.Input((4,))
for _ in range(50):
    y = keras.layers.Dense(4, use_bias=False)(x)
    y = keras.layers.BatchNormalization()(y)
    x = keras.layers.ReLU()(keras.layers.Add()([x, y]))
model = keras.Model(inputs, x)
```

## Use instead
```python
inputs = x = keras.Input((4,))
for _ in range(50):
    y = keras.layers.Dense(4, use_bias=False)(x)
    y = keras.layers.BatchNormalization(gamma_initializer="zeros")(y)
    x = keras.layers.ReLU()(keras.layers.Add()([x, y]))
model = keras.Model(inputs, x)
```

## References
Goyal et al., Accurate, Large Minibatch SGD, 2017, section 5.1. He et al., Bag of Tricks
for Image Classification with Convolutional Neural Networks, 2018, section 3.1.
"""

from collections.abc import Iterator

from keras_residual.checks.moments import starting_value
from keras_residual.checks.rule import Found, rule, summarize
from keras_residual.checks.subject import Subject
from keras_residual.graph.activations import ending
from keras_residual.graph.graph import Op

DEEP = 50


@rule("KR305", "note")
def zero_init_missing(subject: Subject) -> Iterator[Found]:
    """Counts the branches whose last norm starts at one."""
    sums = [u for u in subject.units if u.form == "add" and u.shortcut is not None]
    if len(sums) < DEEP:
        return
    ends = [ending(branch) for unit in sums for branch in unit.branches]
    norms = [op for op in ends if op is not None and _starts_at_one(op)]
    if len(norms) >= DEEP:
        yield Found(
            "",
            f"{len(norms)} of {len(sums)} branches end in a norm whose scale starts at "
            f"one: {summarize(norms)}",
            'write gamma_initializer="zeros" in the last norm of each branch',
        )


def _starts_at_one(op: Op) -> bool:
    start = getattr(op.layer, "gamma_initializer", None)
    scaled = getattr(op.layer, "gamma", None) is not None
    return op.kind == "norm" and scaled and starting_value(start) == 1
