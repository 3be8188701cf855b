"""Attention that takes the mask off a tensor which others read.

## What it does
Follows the masks of `Embedding(mask_zero=True)`, `Masking` and layers of one's own as
they are when the model runs. Finds each `MultiHeadAttention` that reads a masked tensor
where another attention, or an output whose loss counts, would read that mask later.

## Why is this bad?
`MultiHeadAttention` hides the padding from its softmax and then deletes the mask of
what it read: of the tensor itself, so that whoever reads it next finds none. In
`x + attention(x, x)` the sum has no mask, the next layer's attention attends to
padding, and a loss per step counts it. Of several layers that read one memory, the
first alone heeds its padding.

## Example
```python
tokens = keras.Input((10,))
x = keras.layers.Embedding(50, 16, mask_zero=True)(tokens)
y = keras.layers.MultiHeadAttention(2, 8)(x, x)
x = keras.layers.Add()([x, y])
model = keras.Model(tokens, keras.layers.Dense(3)(x))
```

## Use instead
```python
tokens = keras.Input((10,))
x = keras.layers.Embedding(50, 16, mask_zero=True)(tokens)
own = kr.layers.OwnMask()(x)
y = keras.layers.MultiHeadAttention(2, 8)(own, own)
x = keras.layers.Add()([x, y])
model = keras.Model(tokens, keras.layers.Dense(3)(x))
```

`kr.Residual` and `kr.parts.attention` do it by themselves; behind a norm, as in
pre-norm networks, the attention has a tensor of its own already.

## References
`keras.layers.MultiHeadAttention`. "Understanding masking & padding", Keras developer
guides.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject


@rule("KR207", "error")
def taken_mask(subject: Subject) -> Iterator[Found]:
    """Looks at what is not masked any more when it is read."""
    for one in subject.graph.hearing.missed:
        yield Found(
            one.by.path,
            f'it takes the mask off "{one.read.path}", and {one.reader} would read it '
            "later",
            "give it a tensor of its own: own = kr.layers.OwnMask()(x), and "
            f'"{one.by.layer.name}" of own',
        )
