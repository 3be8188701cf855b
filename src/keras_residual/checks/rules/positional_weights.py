"""Two layers that only the order of a sum's inputs tells apart in `.weights.h5`.

## What it does
Finds sums with a layer on the shortcut and one on the branch, of the same class, with
weights of the same shapes, as many operations before the sum; where every such pair has
equal shapes.

## Why is this bad?
`save_weights` writes `.weights.h5` by position: class and counter, in the order of
`model.layers`. That order depends on whether `Add([shortcut, branch])` or `Add([branch,
shortcut])` was written. The two models compute the same, but loading the file of one
into the other swaps the two layers, and nothing is said.

## Example
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(16, 3, padding="same")(inputs)
x = keras.layers.Conv2D(64, 1)(keras.layers.ReLU()(x))
shortcut = keras.layers.Conv2D(64, 1)(inputs)
model = keras.Model(inputs, keras.layers.Add()([shortcut, x]))
```

## Use instead
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(32, 3, padding="same")(inputs)
x = keras.layers.Conv2D(64, 1)(keras.layers.ReLU()(x))
shortcut = keras.layers.Conv2D(64, 1)(inputs)
model = keras.Model(inputs, keras.layers.Add()([shortcut, x]))
```

Where the shapes are those of a published network, keep the order of the inputs, or the
whole model in a `.keras` file.

## References
`keras.Model.save_weights`.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject
from keras_residual.graph.found import Unit
from keras_residual.graph.graph import Graph, Op

Shapes = list[tuple[int, ...]]


@rule("KR502", "note")
def positional_weights(subject: Subject) -> Iterator[Found]:
    """Compares what lies at equal distances on the two paths of each sum."""
    for unit in subject.units:
        if unit.form != "add" or len(unit.branches) != 1 or not unit.shortcut:
            continue
        pairs = _pairs(subject.graph, unit)
        if pairs and all(_shapes(a) == _shapes(b) for a, b in pairs):
            a, b = pairs[0]
            yield Found(
                unit.path,
                f'"{a.path}" and "{b.path}" have weights of equal shapes '
                f"{_shapes(a)[0]}, and only the order of this sum's inputs tells them "
                "apart in a .weights.h5 file",
                "keep that order in all versions of the code, or save the whole model "
                'as ".keras"',
            )


def _pairs(graph: Graph, unit: Unit) -> list[tuple[Op, Op]]:
    """Returns the layers that change places in `model.layers` with the inputs."""
    shortcut, branch = unit.shortcut or (), unit.branches[0]
    if any(_home(op) != _home(unit.merge) for op in (*shortcut, *branch)):
        return []  # each nested model has a list of its own
    carried = _by_distance(graph, shortcut, unit.merge)
    change = _by_distance(graph, branch, unit.merge)
    return [
        (a, b)
        for distance in sorted(carried, reverse=True)
        for a in carried[distance]
        for b in change.get(distance, ())
        if type(a.layer) is type(b.layer)
    ]


def _by_distance(graph: Graph, path: tuple[Op, ...], merge: Op) -> dict[int, list[Op]]:
    """Groups the layers with weights by the longest way to the merge."""
    distance, found = {merge.index: 0}, dict[int, list[Op]]()
    for op in reversed(path):
        ways = [distance[user] for user in graph.users[op.index] if user in distance]
        distance[op.index] = 1 + max(ways, default=0)
        if _shapes(op):
            found.setdefault(distance[op.index], []).append(op)
    return found


def _home(op: Op) -> str:
    return op.path.rpartition("/")[0]


def _shapes(op: Op) -> Shapes:
    return [tuple(w.shape) for w in getattr(op.layer, "weights", ())]
