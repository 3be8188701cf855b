"""Bottlenecks that stride in their first 1x1 convolution, as ResNet v1 does.

## What it does
States, once a model, that bottlenecks (1x1, 3x3, 1x1) stride in the first convolution,
and how many stride in the second. Where all stride in the second (v1.5), it is quiet.

## Why is this bad?
It is a choice, not a mistake: v1 is the paper's, and that of `keras.applications`; v1.5
is that of torchvision, timm and keras-hub. But weights of one fit into the other with
no error, since all shapes agree, and then compute something else.

## Example
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(4, 1, strides=2)(inputs)
x = keras.layers.Conv2D(4, 3, padding="same")(x)
x = keras.layers.Conv2D(32, 1)(x)
y = keras.layers.Conv2D(32, 1, strides=2)(inputs)
model = keras.Model(inputs, keras.layers.Add()([y, x]))
```

## Use instead
```python
inputs = keras.Input((8, 8, 16))
x = keras.layers.Conv2D(4, 1)(inputs)
x = keras.layers.Conv2D(4, 3, strides=2, padding="same")(x)
x = keras.layers.Conv2D(32, 1)(x)
y = keras.layers.Conv2D(32, 1, strides=2)(inputs)
model = keras.Model(inputs, keras.layers.Add()([y, x]))
```

## References
He et al., Deep Residual Learning for Image Recognition, 2015, table 1.
`torchvision.models.resnet50`, whose documentation names v1.5.
"""

from collections.abc import Iterator
from math import prod

from keras_residual.checks.rule import Found, rule, summarize
from keras_residual.checks.subject import Subject
from keras_residual.graph.graph import Op
from keras_residual.graph.windows import is_pointwise, steps


@rule("KR206", "note")
def stride_placement(subject: Subject) -> Iterator[Found]:
    """Collects the convolutions in which the bottlenecks stride."""
    placed: dict[int, list[Op]] = {0: [], 1: []}
    for unit in subject.units:
        for branch in unit.branches if unit.form == "add" else ():
            convs = [op for op in branch if op.kind == "conv"]
            if [is_pointwise(op.layer) for op in convs] != [True, False, True]:
                continue
            for k, ops in placed.items():
                if prod(steps(convs[k].layer)) > 1:
                    ops.append(convs[k])
    first, second = placed.values()
    if first:
        others = f", {len(second)} in their second" if second else ""
        yield Found(
            first[0].path,
            f"{len(first)} bottlenecks stride in their first 1x1 convolution: "
            f"{summarize(first)}{others}",
            "keep it for weights of keras.applications; for those of torchvision or "
            "timm, stride in the 3x3 convolution",
        )
