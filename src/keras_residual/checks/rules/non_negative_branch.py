"""A branch that can only add: what it ends in before the sum is never negative.

## What it does
Finds sums whose branch ends in an activation without negative values (ReLU, sigmoid,
softplus, …). Pooling, dropout, reshaping and resizing behind it change nothing, nor
does a product or a concatenation of such values.

## Why is this bad?
The change can only be positive, so the stream can only grow, and a unit cannot take
away what an earlier one added. On CIFAR-10 a 110-layer network with the ReLU before the
sum has 7.84 % error, and 6.61 % with it after the sum.

## Example
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(16, 3, padding="same")(inputs)
x = keras.layers.ReLU()(x)
x = keras.layers.Add()([inputs, x])
model = keras.Model(inputs, x)
```

## Use instead
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(16, 3, padding="same")(inputs)
x = keras.layers.Add()([inputs, x])
x = keras.layers.ReLU()(x)
model = keras.Model(inputs, x)
```

Published designs that do it on purpose, such as TCN and InceptionTime, can be marked as
intended.

## References
He et al., Identity Mappings in Deep Residual Networks, 2016, section 4.1 (table 2).
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.streams import learned_sums
from keras_residual.checks.subject import Subject
from keras_residual.graph.activations import never_negative
from keras_residual.graph.graph import Op

_KEEPS_SIGN = ("dropout", "identity", "pad", "pool", "reshape", "slice", "upsample")


@rule("KR101")
def non_negative_branch(subject: Subject) -> Iterator[Found]:
    """Looks at the last operation of each branch of a sum."""
    for unit in learned_sums(subject):
        for branch in filter(None, unit.branches):
            last = _signed(subject, branch[-1])
            joined = last.kind in ("concatenate", "multiply")
            ends = subject.sources(last) if joined else [last]
            if all(never_negative(_signed(subject, op).layer) for op in ends):
                yield Found(
                    unit.path,
                    f'the branch ends in "{last.path}", whose values are never '
                    "negative, so the sum can only grow",
                    "put the activation after the sum, or none at the branch's end",
                )


def _signed(subject: Subject, op: Op) -> Op:
    """Goes back to the operation that the sign comes from."""
    while op.kind in _KEEPS_SIGN:
        (op,) = subject.sources(op)[:1]
    return op
