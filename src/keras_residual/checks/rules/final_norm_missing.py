"""A pre-norm stack whose stream reaches the head without a norm.

## What it does
Where the last unit of a model carries its input past a branch that begins with a norm,
and an earlier unit does so too, it looks for a norm between the last sum and the head
or the output. Pooling, activations and the like may stand between them.

## Why is this bad?
In such a stack nothing ever normalises the stream itself: its variance grows with every
unit, and the head sees it as it is. Pre-norm transformers end in a norm for this
reason, and pre-activation networks in a norm and an activation.

## Example
```python
inputs = x = keras.Input((10, 16))
for _ in range(2):
    y = keras.layers.LayerNormalization()(x)
    x = keras.layers.Add()([x, keras.layers.Dense(16)(y)])
model = keras.Model(inputs, keras.layers.Dense(5)(x))
```

## Use instead
```python
inputs = x = keras.Input((10, 16))
for _ in range(2):
    y = keras.layers.LayerNormalization()(x)
    x = keras.layers.Add()([x, keras.layers.Dense(16)(y)])
x = keras.layers.LayerNormalization()(x)
model = keras.Model(inputs, keras.layers.Dense(5)(x))
```

A backbone that leaves its last norm to whoever uses it can be marked as intended.

## References
Xiong et al., On Layer Normalization in the Transformer Architecture, 2020, figure 1.
He et al., Identity Mappings in Deep Residual Networks, 2016, section 4.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.streams import learned_sums, normed_first, reached
from keras_residual.checks.subject import Subject
from keras_residual.graph.kinds import WEIGHTED


@rule("KR107")
def final_norm_missing(subject: Subject) -> Iterator[Found]:
    """Follows the last sum of a pre-norm stack to what reads it."""
    pre_norm = [
        unit
        for unit in learned_sums(subject)
        if unit.kind == "identity" and normed_first(subject, unit)
    ]
    if len(pre_norm) < 2 or pre_norm[-1].path != subject.units[-1].path:
        return
    last = pre_norm[-1]
    ops, output = reached(subject, last.merge)
    known = all(op.kind in WEIGHTED and op.kind != "layer" for op in ops)
    if known and (ops or output):
        reader = f'"{ops[0].path}"' if ops else "the output"
        yield Found(
            last.path,
            f"{len(pre_norm)} branches begin with a norm, and the stream itself "
            f"reaches {reader} without one",
            "normalise the last sum as the branches are normalised",
        )
