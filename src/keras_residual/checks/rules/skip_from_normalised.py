"""A pre-norm unit whose shortcut starts behind the norm.

## What it does
Finds units that carry a normalised sum on as their identity while their own sum goes on
without a norm: `n = norm(x); y = n + f(n)`. In a post-norm network every sum is
normalised, the last one too, so it is quiet. Batch norms are KR103's.

## Why is this bad?
The stream that a pre-norm network carries past all norms is cut: what earlier units
wrote is rescaled, and the gradient passes the norm. The code differs by one letter
from the right one, and it trains, only worse.

## Example
```python
inputs = x = keras.Input((10, 16))
for _ in range(2):
    n = keras.layers.LayerNormalization()(x)
    x = keras.layers.Add()([x, keras.layers.Conv1D(16, 3, padding="same")(n)])
    n = keras.layers.LayerNormalization()(x)
    x = keras.layers.Add()([n, keras.layers.Dense(16)(n)])
model = keras.Model(inputs, keras.layers.LayerNormalization()(x))
```

## Use instead
```python
inputs = x = keras.Input((10, 16))
for _ in range(2):
    n = keras.layers.LayerNormalization()(x)
    x = keras.layers.Add()([x, keras.layers.Conv1D(16, 3, padding="same")(n)])
    n = keras.layers.LayerNormalization()(x)
    x = keras.layers.Add()([x, keras.layers.Dense(16)(n)])
model = keras.Model(inputs, keras.layers.LayerNormalization()(x))
```

Networks whose first units are post-norm and whose others are pre-norm, such as Mix-LN,
can be marked as intended.

## References
Xiong et al., On Layer Normalization in the Transformer Architecture, 2020, figure 1.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.streams import learned_sums, normed_first, reached
from keras_residual.checks.subject import Subject, keeps_statistics
from keras_residual.graph.graph import Op


@rule("KR106")
def skip_from_normalised(subject: Subject) -> Iterator[Found]:
    """Looks at the identities that start at a norm of another unit's sum."""
    units = [u for u in learned_sums(subject) if u.kind == "identity"]
    sums = {u.merge.index for u in units}
    carried = {u.entry.index for u in units}
    for unit in units:
        entry = unit.entry
        normed = entry.kind == "norm" and entry.sources[0] in sums
        if not normed or keeps_statistics(entry) or normed_first(subject, unit):
            continue
        if unit.merge.index in carried or not _normed_later(subject, unit.merge):
            yield Found(
                unit.path,
                f'the shortcut starts at the norm "{entry.path}", and the sum goes on '
                "without one",
                f'start the shortcut at "{subject.sources(entry)[0].path}"; in a '
                "post-norm network, normalise this sum too",
            )


def _normed_later(subject: Subject, merge: Op) -> bool:
    """Says whether a norm follows; a layer of unknown kind may be one."""
    return any(op.kind in ("norm", "layer") for op in reached(subject, merge).ops)
