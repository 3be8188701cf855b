"""An activation on each side of a sum.

## What it does
Finds sums whose branch ends in a non-linearity and which another one follows at once.
An activation that ends the model is taken for the output's. Where the branch's values
are never negative, KR101 says so and this rule is quiet.

## Why is this bad?
The first of the two bends the change before it meets the stream, and the second bends
their sum again, with nothing learnt between them. ResNets have one, after the sum.

## Example
```python
inputs = keras.Input((16,))
x = keras.layers.Dense(16, activation="leaky_relu")(inputs)
x = keras.layers.Add()([inputs, x])
x = keras.layers.LeakyReLU()(x)
model = keras.Model(inputs, keras.layers.Dense(4)(x))
```

## Use instead
```python
inputs = keras.Input((16,))
x = keras.layers.Dense(16)(inputs)
x = keras.layers.Add()([inputs, x])
x = keras.layers.LeakyReLU()(x)
model = keras.Model(inputs, keras.layers.Dense(4)(x))
```

## References
He et al., Deep Residual Learning for Image Recognition, 2015, section 3.2 (figure 2).
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.streams import learned_sums
from keras_residual.checks.subject import Subject
from keras_residual.graph.activations import activation_of, ending, never_negative
from keras_residual.graph.graph import Op


@rule("KR108", "note")
def two_activations_across_merge(subject: Subject) -> Iterator[Found]:
    """Compares the end of each branch with what follows the sum."""
    outputs = set(subject.graph.outputs)
    for unit in learned_sums(subject):
        after = unit.after[0] if unit.after else None
        if after is None or after.kind != "act" or after.index in outputs:
            continue
        for branch in unit.branches:
            last = ending(branch)
            if last is not None and _bends(last) and not never_negative(last.layer):
                yield Found(
                    unit.path,
                    f'the branch ends in the non-linear "{last.path}", and '
                    f'"{after.path}" follows the sum',
                    "leave the branch's last activation out",
                )


def _bends(op: Op) -> bool:
    """Says whether an activation comes last; that of a recurrent layer is inside."""
    return op.kind != "recurrent" and activation_of(op.layer) is not None
