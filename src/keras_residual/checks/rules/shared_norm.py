"""One batch normalisation stands at several depths of the network.

## What it does
Finds batch normalisation layers that are called again on what was computed from their
own output, as where one block is applied several times. Twin networks, whose two calls
do not follow each other, are left out.

## Why is this bad?
Each call has other statistics, since the stream changes with depth, but there is one
moving mean and variance for all: it fits none of them, and inference differs from
training. Sharing blocks naively also made the stream explode and the network overfit.

## Example
```python
inputs = x = keras.Input((8, 8, 16))
convolution = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)
norm = keras.layers.BatchNormalization()
for _ in range(2):
    x = keras.layers.Add()([x, norm(convolution(x))])
model = keras.Model(inputs, x)
```

## Use instead
```python
inputs = x = keras.Input((8, 8, 16))
convolution = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)
for _ in range(2):
    y = keras.layers.BatchNormalization()(convolution(x))
    x = keras.layers.Add()([x, y])
model = keras.Model(inputs, x)
```

## References
Jastrzębski et al., Residual Connections Encourage Iterative Inference, 2018,
https://arxiv.org/abs/1710.04773.
"""

from collections.abc import Iterator
from itertools import pairwise

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject, keeps_statistics
from keras_residual.graph.graph import Op


@rule("KR307")
def shared_norm(subject: Subject) -> Iterator[Found]:
    """Looks for a batch normalisation that follows itself."""
    calls: dict[int, list[Op]] = {}
    for op in subject.graph.ops:
        if op.kind == "norm" and keeps_statistics(op):
            calls.setdefault(id(op.layer), []).append(op)
    for same in calls.values():
        follows = (subject.graph.reaches(a.index, b.index) for a, b in pairwise(same))
        if any(follows):
            yield Found(
                same[0].path,
                f'"{same[0].path}" normalises {len(same)} points of the network that '
                "follow each other, with one moving mean and variance for all",
                "give each call a BatchNormalization of its own",
            )
