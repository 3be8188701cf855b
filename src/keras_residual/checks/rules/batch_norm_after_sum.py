"""A batch norm on the path that should carry the stream from sum to sum.

## What it does
Finds sums that are followed by a batch norm, with or without an activation, whose
output the next unit carries on as its identity. A norm before a projection, or before
the head, is quiet; so is a layer norm after the sum, which makes a post-norm network.

## Why is this bad?
The norm scales the stream after each sum, so no signal passes unchanged. On CIFAR-10 a
110-layer network has 8.17 % error with it, and 6.61 % with the norm inside the branch.

## Example
```python
inputs = x = keras.Input((8, 8, 16))
for _ in range(2):
    y = keras.layers.Conv2D(16, 3, padding="same")(x)
    x = keras.layers.Add()([x, y])
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.ReLU()(x)
model = keras.Model(inputs, x)
```

## Use instead
```python
inputs = x = keras.Input((8, 8, 16))
for _ in range(2):
    y = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)(x)
    y = keras.layers.BatchNormalization()(y)
    x = keras.layers.Add()([x, y])
    x = keras.layers.ReLU()(x)
model = keras.Model(inputs, x)
```

## References
He et al., Identity Mappings in Deep Residual Networks, 2016, section 4.1 (table 2).
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.streams import learned_sums
from keras_residual.checks.subject import Subject, keeps_statistics


@rule("KR103")
def batch_norm_after_sum(subject: Subject) -> Iterator[Found]:
    """Looks whether an identity shortcut starts behind a sum's batch norm."""
    units = learned_sums(subject)
    carried = {u.entry.index: u for u in units if u.kind == "identity"}
    for unit in units:
        norm = next((op for op in unit.after if keeps_statistics(op)), None)
        if norm is None:
            continue
        after = (carried.get(o.index) for o in unit.after if o.index >= norm.index)
        other = next(filter(None, after), None)
        if other is not None:
            yield Found(
                unit.path,
                f'the sum passes the batch norm "{norm.path}" on its way to the '
                f'identity shortcut of "{other.path}"',
                "put the norm into the branch, before the sum",
            )
