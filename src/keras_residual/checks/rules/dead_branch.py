"""A path that contributes less than a thousandth of the sum.

## What it does
Given data, measures the norm of the branch and of what the shortcut brings, each unit
for itself, and finds branches of less than 0.001 of the stream, and streams of less
than 0.001 of the branch. A branch whose last layer still has the zeros, or the
LayerScale, that it starts with is silent by design and left out.

## Why is this bad?
A dead branch costs its time and changes nothing; mostly its norm's scale has decayed to
zero, or its units no longer fire. Where the stream is dead the connection is none: what
the units before computed is lost.

## Example
```python
inputs = keras.Input((8,))
x = keras.layers.Dense(8)(inputs)
x = keras.layers.Rescaling(1e-5)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
data = np.ones((4, 8))
```

## Use instead
```python
inputs = keras.Input((8,))
x = keras.layers.Dense(8)(inputs)
x = keras.layers.Rescaling(0.1)(x)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
data = np.ones((4, 8))
```

## References
`ratio` of `kr.measure`. Veit et al., Residual Networks Behave Like Ensembles of
Relatively Shallow Networks, 2016, remove single branches of trained networks.
"""

from collections.abc import Iterator

import numpy as np

from keras_residual.checks.moments import starting_factor, starting_value
from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject
from keras_residual.graph.activations import ending
from keras_residual.graph.graph import Op
from keras_residual.graph.numbers import numbers
from keras_residual.measures.measuring import measure
from keras_residual.measures.verdicts import DEAD


@rule("KR401")
def dead_branch(subject: Subject) -> Iterator[Found]:
    """Compares the two paths of each sum on data, where there is some."""
    if subject.data is None or not subject.units:
        return
    table = subject.table
    if table is None or "ratio" not in table.columns:
        table = measure(
            subject.analysis, subject.data, columns=["ratio"], progress=False
        )
    ratios = dict(zip(table.units, table["ratio"], strict=True))
    for unit in subject.units:
        ratio = float(ratios.get(unit.path, np.nan))
        if unit.form != "add" or DEAD <= ratio <= 1 / DEAD or np.isnan(ratio):
            continue
        ends = [ending(branch) for branch in unit.branches]
        if ratio < DEAD and any(op is not None and _at_start(op) for op in ends):
            continue
        dead, alive = ("branch", "stream")[:: 1 if ratio < DEAD else -1]
        yield Found(
            unit.path,
            f"the {dead} is {min(ratio, 1 / ratio if ratio else 0):.1e} of the {alive}",
            "remove the unit, or see why: kr.measure(model, data), and weight decay on "
            "scales (KR306)"
            if ratio < DEAD
            else "normalise the branch, or scale it at its end: kr.scale(0.1)",
        )


def _at_start(op: Op) -> bool:
    """Says whether a last layer that starts silent has not been trained yet."""
    layer = op.layer
    if op.kind == "scale":
        start, weights = starting_factor(layer), getattr(layer, "weights", [])
    else:
        name = "gamma" if op.kind == "norm" else "kernel"
        start = starting_value(getattr(layer, f"{name}_initializer", None))
        weights = [getattr(layer, name, None)]
    if start is None or abs(start) >= DEAD or not weights or weights[0] is None:
        return False
    return bool(np.allclose(numbers(weights[0]), start, rtol=1e-5, atol=0))
