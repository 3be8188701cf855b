"""Paths of unknown size that meet at some sizes of the input only.

## What it does
Where sizes are left open (`keras.Input((None, None, 3))`), it asks the graph, without
data, what shapes it would have at a few sizes between 224 and 255, and finds units
whose paths then differ. Layers of one's own are not asked.

## Why is this bad?
Unknown sizes look alike, so Keras builds the model; it fails when data of another size
arrives, or stretches a path of size 1. U-Nets whose decoder doubles what the encoder
halved are the common case: they take multiples of a power of two only.

## Example
```python
inputs = keras.Input((None, None, 16))
x = keras.layers.Conv2D(16, 3)(inputs)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## Use instead
```python
inputs = keras.Input((None, None, 16))
x = keras.layers.Conv2D(16, 3, padding="same")(inputs)
model = keras.Model(inputs, keras.layers.Add()([inputs, x]))
```

## References
Ronneberger et al., U-Net, 2015, section 2: the tile size is chosen such that every
pooling sees an even size.
"""

from collections.abc import Iterator

from keras_residual.checks.probing import (
    PROBES,
    Shape,
    joined,
    multiple_that_fits,
    shapes_at,
)
from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject
from keras_residual.graph.found import Unit


@rule("KR202")
def sizes_may_differ(subject: Subject) -> Iterator[Found]:
    """Compares the shapes of the operands at each of the probed sizes."""
    open_units = [u for u in subject.units if None in u.merge.shape[1:]]
    if not open_units:
        return
    probed = {size: shapes_at(subject.graph, size) for size in PROBES}
    for unit in open_units:
        read = {n: _operands(unit, shapes) for n, shapes in probed.items()}
        fits = {n: joined(shapes) is not None for n, shapes in read.items()}
        if all(fits.values()):
            continue
        size = next(n for n, fit in fits.items() if not fit)
        factor = multiple_that_fits(fits)
        yield Found(
            unit.path,
            f"at size {size} the paths are {' and '.join(map(str, read[size]))}",
            f"pad the input to multiples of {factor}"
            if factor
            else "give the paths the same strides and paddings",
        )


def _operands(unit: Unit, shapes: list[Shape | None]) -> list[Shape]:
    """Returns the shapes that are merged, but for the axis that is concatenated."""
    known = [shape for i in unit.merge.sources if (shape := shapes[i]) is not None]
    if len(set(map(len, known))) > 1:
        return []  # another number of axes is another rule's
    if unit.form == "concatenate":
        axis = getattr(unit.merge.layer, "axis", -1) % len(unit.merge.shape)
        return [shape[:axis] + shape[axis + 1 :] for shape in known]
    return known
