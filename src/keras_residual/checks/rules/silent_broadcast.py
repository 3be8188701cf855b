"""A sum that stretches one of its paths to the shape of the other.

## What it does
Finds sums of a stream and a branch of it whose shapes differ: another number of axes,
one channel for many, or one position for many. Quiet are the positions of a path that
collapses them on purpose, by global pooling, attention or a slice, as in global-context
blocks; and what does not come from the same input, such as position embeddings.

## Why is this bad?
`keras.layers.Add` stretches axes of size 1 and inserts missing ones without a word, so
a wrong shape trains: one change is added to all channels, or that of one position to
all positions.

## Example
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(1, 3, padding="same")(inputs)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## Use instead
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(16, 3, padding="same")(inputs)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## References
`keras.layers.Add`. He et al., Deep Residual Learning for Image Recognition, 2015,
section 3.2: both paths must have equal dimensions.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.streams import learns
from keras_residual.checks.subject import Subject
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Op
from keras_residual.graph.windows import is_windowed

_KEEPS_POSITIONS = frozenset(
    ["act", "conv", "dense", "dropout", "identity", "norm", "pad", "scale", "upsample"]
)
Path = tuple[Op, ...]


@rule("KR201", "error")
def silent_broadcast(subject: Subject) -> Iterator[Found]:
    """Compares the shapes of the paths of each sum that has a stream."""
    for unit in subject.units:
        shortcut = unit.shortcut
        if unit.form != "add" or shortcut is None or learns(shortcut):
            continue
        paths = (shortcut, *unit.branches)
        ends = [path[-1] if path else unit.entry for path in paths]
        if all(end.shape != unit.merge.shape for end in ends):
            continue  # an outer sum of rows and columns
        for path, end in zip(paths, ends, strict=True):
            if _stretched(subject, unit, path, end.shape):
                which = "shortcut" if path is shortcut else "branch"
                yield Found(
                    unit.path,
                    f"the {which} of shape {end.shape} is stretched to "
                    f"{unit.merge.shape}",
                    "give both paths one shape; where it is meant, say so: "
                    "keras.ops.broadcast_to",
                )


def _stretched(subject: Subject, unit: Unit, path: Path, shape: tuple) -> bool:
    target = unit.merge.shape
    if len(shape) != len(target):
        return True
    pairs = enumerate(zip(shape, target, strict=True))
    axes = [k for k, (size, wanted) in pairs if size == 1 and wanted != 1]
    channel = 1 if subject.graph.channels_first(unit.merge) else len(target) - 1
    if not axes or 0 in axes:
        return False  # one sample for all is no stream
    return channel in axes or all(map(_keeps_positions, path))


def _keeps_positions(op: Op) -> bool:
    return (op.kind == "pool" and is_windowed(op)) or op.kind in _KEEPS_POSITIONS
