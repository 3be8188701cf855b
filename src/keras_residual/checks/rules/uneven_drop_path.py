"""A drop-path rate that falls with depth, or that one unit lacks.

## What it does
Reads the rate of stochastic depth of each sum with an identity shortcut, and compares
it with those before and after. Units without one count as rate 0 where their branch is
otherwise that of a unit that has one. Flagged is one unit off a schedule that else
never falls, and a schedule that falls from the first unit to the last. Constant, linear
and stage-wise schedules all pass; so do several rising ones in one model.

## Why is this bad?
The rate is meant to grow with depth: early units compute features that all later ones
use. A single rate off the schedule is mostly a counter that was not passed on.

## Example
```python
inputs = x = keras.Input((8,))
for rate in (0.3, 0.2, 0.1):
    y = keras.layers.Dense(8)(x)
    y = keras.layers.Dropout(rate, noise_shape=(None, 1))(y)
    x = keras.layers.Add()([x, y])
model = keras.Model(inputs, x)
```

## Use instead
```python
inputs = x = keras.Input((8,))
for rate in (0.1, 0.2, 0.3):
    y = keras.layers.Dense(8)(x)
    y = keras.layers.Dropout(rate, noise_shape=(None, 1))(y)
    x = keras.layers.Add()([x, y])
model = keras.Model(inputs, x)
```

## References
Huang et al., Deep Networks with Stochastic Depth, 2016, equation 4. Touvron et al.,
Going deeper with Image Transformers, 2021, has the same rate everywhere.
"""

from collections.abc import Iterator
from itertools import pairwise

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Op

Rated = tuple[Unit, float]


@rule("KR405")
def uneven_drop_path(subject: Subject) -> Iterator[Found]:
    """Looks where the rates, in the order of the stream, fall."""
    rated = _rated(subject.units)
    rates = [rate for _, rate in rated]
    if _rises(rates):
        return
    off = next((k for k in range(len(rates)) if _rises(_without(rates, k))), None)
    if _rises(rates[::-1]):
        yield Found(
            rated[0][0].path,
            f"the drop-path rates fall with depth, from {rates[0]:g} to {rates[-1]:g} "
            f"over {len(rates)} units",
            "let them grow: kr.parts.drop_rates(rate, blocks)",
        )
    elif off is not None:
        unit, rate = rated[off]
        around = " and ".join(f"{r:g}" for r in rates[max(0, off - 1) : off + 2 : 2])
        yield Found(
            unit.path,
            f"the drop-path rate is {rate:g}, and {around} beside it",
            "take the rate of the schedule: kr.parts.drop_rates(rate, blocks)",
        )


def _rated(units: list[Unit]) -> list[Rated]:
    found: list[tuple[Unit, float | None, tuple[str, ...]]] = []
    for unit in units:
        if unit.form != "add" or unit.kind != "identity" or len(unit.branches) != 1:
            continue
        drops = [op for op in unit.branches[0] if _drops_path(op)]
        kinds = tuple(op.kind for op in unit.branches[0] if op not in drops)
        rate = _rate(drops[-1]) if drops else None
        found.append((unit, rate, kinds))
    like = {kinds for _, rate, kinds in found if rate is not None}
    return [(unit, rate or 0.0) for unit, rate, kinds in found if kinds in like]


def _drops_path(op: Op) -> bool:
    """Knows drop paths by what they draw, and those of other makers by their name."""
    drawn = getattr(op.layer, "noise_shape", None)
    if drawn is not None:
        return all(size == 1 for size in drawn[1:]) and len(drawn) > 1
    return type(op.layer).__name__ in ("DropPath", "StochasticDepth")


def _rate(op: Op) -> float:
    names = ("rate", "drop_path_rate", "drop_rate", "drop_prob")
    values = (getattr(op.layer, name, None) for name in names)
    return next((float(v) for v in values if isinstance(v, int | float)), 0.0)


def _rises(rates: list[float]) -> bool:
    return all(a <= b + 1e-9 for a, b in pairwise(rates))


def _without(rates: list[float], k: int) -> list[float]:
    return rates[:k] + rates[k + 1 :]
