"""A chain of un-normalised units in which the stream's variance multiplies.

## What it does
Follows mean and variance through the graph, from the initialisers in the layers'
settings, and finds sums where the variance first exceeds 1000 times that behind the
last norm (or the input). The bound is ours: ten units that double it. What starts at
zero, a small factor at the branch's end and small initialisers count as they are.
Trained weights are not looked at: for them the finding only says how they began.

## Why is this bad?
A branch with He initialisation and no norm has the variance of its input, so each sum
doubles it: after l units it is 2^l, and the outputs and gradients grow with it. With a
norm in the branch it grows by one a unit.

## Example
```python
inputs = x = keras.Input((32,))
for _ in range(12):
    y = keras.layers.Dense(32, "relu", kernel_initializer="he_normal")(x)
    y = keras.layers.Dense(32, kernel_initializer="he_normal")(y)
    x = keras.layers.Add()([x, y])
model = keras.Model(inputs, x)
```

## Use instead
```python
inputs = x = keras.Input((32,))
for _ in range(12):
    y = keras.layers.BatchNormalization()(x)
    y = keras.layers.Dense(32, "relu", kernel_initializer="he_normal")(y)
    y = keras.layers.Dense(32, kernel_initializer="he_normal")(y)
    x = keras.layers.Add()([x, y])
model = keras.Model(inputs, x)
```

Without a norm, `kr.scale(0.0)` at the end of each branch (SkipInit), or zeros as the
initial kernel of its last layer (Fixup).

## References
De & Smith, Batch Normalization Biases Residual Blocks Towards the Identity Function in
Deep Networks, 2020, sections 2 and 4. Zhang et al., Fixup Initialization, 2019.
"""

from collections.abc import Iterator

from keras_residual.checks.moments import moments
from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject

BOUND = 1000.0


@rule("KR304")
def growing_variance(subject: Subject) -> Iterator[Found]:
    """Compares the variance of each sum with the bound that its entry still kept."""
    at = moments(subject.graph) if subject.units else []
    grown: dict[int, int] = {}
    for unit in subject.units:
        before, after = at[unit.entry.index].variance, at[unit.merge.index].variance
        if unit.form != "add" or after <= before:
            continue
        grown[unit.merge.index] = 1 + _reached(subject, unit.entry.index, grown)
        if before <= BOUND < after:
            yield Found(
                unit.path,
                "by the initialisers the variance of the stream has grown "
                f"{after:.0f}-fold here, in {grown[unit.merge.index]} units without "
                "a norm",
                "put a norm into each branch, or start its end at zero: "
                "kr.scale(0.0) or kernel_initializer='zeros'",
            )


def _reached(subject: Subject, index: int, grown: dict[int, int]) -> int:
    """Returns how many growing units lie right behind a point of the stream."""
    still = ("act", "dropout", "identity", "reshape")
    op = subject.graph.ops[index]
    while op.kind in still and op.index not in grown:
        op = subject.graph.ops[op.sources[0]]
    return grown.get(op.index, 0)
