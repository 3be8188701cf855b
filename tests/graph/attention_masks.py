"""Networks in which attention takes masks off what others read, or does not."""

import keras
from keras import layers

import keras_residual as kr


def embedded():
    tokens = keras.Input((6,))
    return layers.Embedding(9, 4, mask_zero=True)(tokens), tokens


def attended(q, *memory):
    return layers.MultiHeadAttention(1, 2)(q, *(memory or (q,)))


def summed(*terms):
    return layers.Add()(terms)


def post_norm(x, times=1):
    for _ in range(times):
        x = layers.LayerNormalization()(summed(x, attended(x)))
    return x


def pre_norm(x):
    y = layers.LayerNormalization()(x)
    return layers.Dense(2)(summed(x, attended(y)))


def read_twice(x):
    query = layers.Dense(4, name="query")(x)
    query = summed(query, attended(layers.Dense(4)(query), x))
    return layers.Dense(2)(summed(query, attended(layers.Dense(4)(query), x)))


def own(x):
    mine = kr.layers.OwnMask()(x)
    return layers.Dense(2)(summed(x, attended(mine)))


def named(x):
    mask = x._keras_mask
    y = layers.MultiHeadAttention(1, 2)(x, x, query_mask=mask, value_mask=mask)
    return layers.Dense(2)(layers.MultiHeadAttention(1, 2)(y, y))


def nested(x):
    entry, y = inner_attention()
    return layers.Dense(2)(keras.Model(entry, summed(entry, y))(x))


def inner_attention():
    entry = keras.Input((6, 4))
    return entry, attended(entry)


# The outermost call of what is longer comes first: that of the second operand.
def uneven(x):
    return summed(attended(x), layers.Dense(4)(layers.Dense(4)(attended(x))))


MASKS = {  # what is made of an embedding, and how many take a mask from others
    "post-norm": (post_norm, 1),
    "post-norm, twice": (lambda x: post_norm(x, 2), 1),
    "pre-norm": (pre_norm, 0),
    "a mean behind it": (lambda x: layers.GlobalAveragePooling1D()(post_norm(x)), 0),
    "one memory for two": (read_twice, 1),
    "a tensor of its own": (own, 0),
    "through an identity": (lambda x: post_norm(layers.Identity()(x)), 1),
    "the stream as memory": (
        lambda x: summed(x, attended(layers.LayerNormalization()(x), x)),
        1,
    ),
    "queries of groups": (
        lambda x: summed(x, layers.GroupQueryAttention(2, 2, 1)(x, x)),
        0,
    ),
    "at its end": (attended, 0),
    "nested": (nested, 1),
    "uneven": (uneven, 1),
    "a function": (kr.Residual(attended), 0),
    "a part": (
        kr.Residual(kr.parts.attention(2), activation=kr.norm("layer")),
        0,
    ),
    "parts after another": (
        lambda x: kr.Residual(attended)(kr.Residual(kr.parts.attention(2))(x)),
        0,
    ),
    "a nested part": (kr.nest(kr.Residual(kr.parts.attention(2))), 0),
    "a layer": (kr.layer(kr.Residual(kr.parts.attention(2))), 0),
    "a model on a path": (
        kr.Residual(keras.Model(*inner_attention())),
        0,
    ),
    "streams": (
        lambda x: kr.connect(
            x, [kr.parts.attention(2)] * 2, via=kr.connections.hyper(2)
        ),
        0,
    ),
    "parts": (kr.parallel([kr.parts.attention(2)] * 2, "add"), 0),
}
