"""A mask that arrives at a merge and is lost there.

## What it does
Follows the masks of `Embedding(mask_zero=True)`, `Masking` and layers of one's own.
Finds merges that read a masked tensor and return one without a mask, where a layer that
reads masks, or an output whose loss would, comes later. Where the mask is put back, as
`kr.Residual` does, it is quiet.

## Why is this bad?
Keras's merges keep a mask only if every operand has one, and convolutions, among
others, have none; the operator `+` keeps none. From there on padding counts as data: in
attention, in means over time, in the loss.

## Example
```python
tokens = keras.Input((10,))
x = keras.layers.Embedding(50, 16, mask_zero=True)(tokens)
y = keras.layers.LayerNormalization()(x)
x = x + keras.layers.Dense(16)(y)
model = keras.Model(tokens, keras.layers.GlobalAveragePooling1D()(x))
```

## Use instead
```python
tokens = keras.Input((10,))
x = keras.layers.Embedding(50, 16, mask_zero=True)(tokens)
y = keras.layers.LayerNormalization()(x)
x = keras.layers.Add()([x, keras.layers.Dense(16)(y)])
model = keras.Model(tokens, keras.layers.GlobalAveragePooling1D()(x))
```

## References
`keras.layers.Add`, `keras.layers.Masking`. "Understanding masking & padding", Keras
developer guides.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject
from keras_residual.graph.graph import Op
from keras_residual.graph.kinds import MERGES
from keras_residual.graph.masks import lets_masks_pass, masked, reads_mask


@rule("KR203", "error")
def dropped_mask(subject: Subject) -> Iterator[Found]:
    """Looks at the merges that read a mask and return none."""
    has = masked(subject.graph)
    for op in subject.graph.ops:
        if op.kind not in MERGES or op.kind == "multiply" or has[op.index]:
            continue
        given = [source for source in subject.sources(op) if has[source.index]]
        if not given or any(has[user.index] for user in subject.users(op)):
            continue
        reader = _reader(subject, op)
        if reader is not None:
            yield Found(
                op.path,
                f'the mask of "{given[0].path}" is lost here, and {reader} would read '
                "it",
                "merge with keras.layers.Add where both paths have masks; else put it "
                "back: kr.layers.KeepMask()([merged, masked])",
            )


def _reader(subject: Subject, start: Op) -> str | None:
    """Names what the mask would have reached."""
    outputs = set(subject.graph.outputs)
    seen, todo = {start.index}, [start]
    while todo:
        op = todo.pop()
        if op.index in outputs:
            return "the loss"
        for user in subject.users(op):
            if reads_mask(user):
                return f'"{user.path}"'
            if lets_masks_pass(user) and user.index not in seen:
                seen.add(user.index)
                todo.append(user)
    return None
