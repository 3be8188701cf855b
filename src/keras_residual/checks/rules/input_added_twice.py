"""A sum that adds one tensor twice.

## What it does
Finds sums that read the same tensor twice, directly or through a sum in between:
`add([y, y])` and `x + (x + f(x))`.

## Why is this bad?
`add([y, y])` is no skip at all, only a factor of two: mostly the name of the input was
overwritten by that of the branch. Adding the input twice doubles the stream, and over
twenty units makes it a million times larger.

## Example
```python
inputs = keras.Input((16,))
x = keras.layers.Dense(16)(inputs)
model = keras.Model(inputs, keras.layers.Add()([x, x]))
```

## Use instead
```python
inputs = keras.Input((16,))
x = keras.layers.Dense(16)(inputs)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## References
The equation of a residual unit, y = x + F(x): He et al., Deep Residual Learning for
Image Recognition, 2015, equation 1.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject
from keras_residual.graph.found import Unit


@rule("KR105")
def input_added_twice(subject: Subject) -> Iterator[Found]:
    """Looks at the operands of each sum, and of the sum that ends a branch."""
    sums = {u.merge.index: u for u in subject.units if u.form == "add"}
    for unit in sums.values():
        ends = [path[-1] if path else unit.entry for path in _paths(unit)]
        counts = {op.path: ends.count(op) for op in ends}
        twice = next((path for path, count in counts.items() if count > 1), None)
        inner = [sums[op.index] for op in ends if op.index in sums]
        if twice is None and any(_carries(u, unit) for u in inner):
            twice = unit.entry.path
        if twice is not None:
            yield Found(
                unit.path,
                f'"{twice}" is added to itself',
                "add the input of the branch once, and the output of the branch once",
            )


def _paths(unit: Unit) -> list[tuple]:
    return [*unit.branches, *([unit.shortcut] if unit.shortcut is not None else [])]


def _carries(inner: Unit, outer: Unit) -> bool:
    """Says whether both carry the same tensor unchanged."""
    both = inner.kind == outer.kind == "identity"
    return both and inner.entry == outer.entry
