"""Units are found in any graph, however it was written."""

import keras
import pytest
from keras import layers, ops

from keras_residual.graph import find_residuals


def found(inputs, outputs):
    return find_residuals(keras.Model(inputs, outputs))


def only(inputs, outputs):
    (unit,) = found(inputs, outputs)
    return unit


def vector(width=8):
    return keras.Input((width,), name="x")


def picture():
    return keras.Input((8, 8, 4), name="x")


def names(path):
    return [op.path for op in path]


def test_plus_is_a_sum_like_add():
    x = vector()
    y = layers.Dense(8, name="f")(x)
    unit = only(x, x + y)
    assert (unit.form, unit.kind, unit.shortcut) == ("add", "identity", ())
    assert [names(b) for b in unit.branches] == [["f"]]
    assert unit.entry.path == "x"


def test_a_plain_network_has_none():
    x = vector()
    y = layers.Dense(8)(layers.ReLU()(layers.Dense(8)(x) + 1.0))
    assert found(x, y) == []


def test_adding_a_constant_is_not_a_merge():
    x = vector()
    positions = keras.ops.ones((1, 8))
    assert found(x, layers.Dense(8)(x + positions)) == []


def test_token_numbers_are_no_stream():
    tokens = keras.Input((5,), dtype="int32")
    segments = layers.Embedding(2, 8)(tokens % 2)
    assert found(tokens, layers.Embedding(9, 8)(tokens) + segments) == []


@pytest.mark.parametrize("nested", [True, False])
def test_pictures_in_bytes_are_a_stream_and_masks_of_tokens_are_none(nested):
    x = picture()
    y = layers.Add(name="add")([x, layers.Conv2D(4, 3, padding="same")(x)])
    inputs = keras.Input((8, 8, 4), dtype="uint8")
    values = layers.Rescaling(1 / 255, name="scaled")(inputs)
    inner = keras.Model(x, y, name="inner")
    assert only(inputs, inner(inputs) if nested else inner(values)).merge.path == (
        "inner/add"
    )
    mask = layers.Rescaling(-1e9)(keras.ops.equal(inputs[:, 0, 0], 0))
    scores = layers.Dense(4)(layers.GlobalAveragePooling2D()(values)) + mask
    assert found(inputs, layers.Dense(4)(scores) + mask) == []


def test_inputs_with_nothing_in_common_are_no_unit():
    a, b = vector(), keras.Input((8,))
    assert found([a, b], layers.Dense(8)(a) + layers.Dense(8)(b)) == []


def test_an_input_added_to_itself_is_undecidable():
    x = vector()
    unit = only(x, layers.Add()([x, x]))
    assert (unit.kind, unit.shortcut, unit.branches) == ("undecidable", None, ((), ()))


def test_two_equal_paths_are_undecidable():
    x = vector()
    unit = only(x, layers.Dense(8, name="f")(x) + layers.Dense(8, name="g")(x))
    assert (unit.kind, unit.shortcut) == ("undecidable", None)
    assert [names(b) for b in unit.branches] == [["f"], ["g"]]


SHORTCUTS = {
    "identity": lambda x: x,
    "projection": lambda x: layers.BatchNormalization()(layers.Conv2D(4, 1)(x)),
    "pooled_projection": lambda x: layers.Conv2D(4, 1)(
        layers.AveragePooling2D(1, padding="same")(x)
    ),
    "pooled": layers.MaxPooling2D(1),
    "scaled": layers.Rescaling(0.5),
    "normalised": layers.LayerNormalization(),
    "activated": layers.ReLU(),
    "dropped": layers.Dropout(0.1),
    "upsampled": layers.UpSampling2D(1),
    "reshaped": layers.Permute((2, 1, 3)),
    "gated": lambda x: x * layers.Conv2D(4, 3, padding="same")(x),
}


@pytest.mark.parametrize("kind", SHORTCUTS)
def test_kind_of_shortcut(kind):
    x = picture()
    f = layers.Conv2D(4, 3, padding="same", name="f1")(x)
    f = layers.Conv2D(4, 3, padding="same", name="f2")(layers.ReLU(name="f")(f))
    for order in (1, -1):
        unit = only(x, layers.Add()([SHORTCUTS[kind](x), f][::order]))
        assert unit.kind == kind
        assert names(unit.branches[0]) == ["f1", "f", "f2"]


def test_option_a_is_padded_and_knows_its_stride():
    x = picture()
    carried = ops.pad(x[:, ::2, ::2], [(0, 0), (0, 0), (0, 0), (0, 4)])
    f = layers.Conv2D(8, 3, 2, padding="same")(x)
    unit = only(x, carried + f)
    assert (unit.kind, unit.stride, unit.channels) == ("padded", 2, 8)


def test_a_unit_that_doubles_the_size_has_stride_one_half():
    x = picture()
    f = layers.Conv2DTranspose(4, 3, 2, padding="same")(layers.Conv2D(4, 1)(x))
    assert only(x, layers.UpSampling2D(2)(x) + f).stride == 0.5


def test_what_follows_the_merge():
    x = vector()
    y = layers.Add()([x, layers.Dense(8)(x)])
    y = layers.ReLU(name="relu")(layers.LayerNormalization(name="norm")(y))
    assert names(only(x, layers.Dense(1)(y)).after) == ["norm", "relu"]


def test_three_paths_into_one_add():
    x = picture()
    wide = layers.Conv2D(4, 3, padding="same", name="wide")(x)
    point = layers.Conv2D(4, 1, name="point")(x)
    carried = layers.BatchNormalization(name="carried")(x)
    unit = only(x, layers.Add()([wide, point, carried]))
    assert (unit.kind, names(unit.shortcut)) == ("normalised", ["carried"])
    assert [names(b) for b in unit.branches] == [["wide"], ["point"]]


def test_a_sum_of_sums_from_one_entry_is_one_unit():
    x = vector()
    f, g = layers.Dense(8, name="f")(x), layers.Dense(8, name="g")(x)
    for y in (x + f + g, x + (f + g)):
        unit = only(x, y)
        assert unit.kind == "identity"
        assert [names(b) for b in unit.branches] == [["f"], ["g"]]


def test_a_long_skip_leaves_the_unit_before_it_alone():
    x = vector()
    h = layers.Dense(8, name="h")(x)
    last = layers.Add(name="short")([h, layers.Dense(8)(h)])
    short, long = found(x, layers.Add(name="long")([last, x]))
    assert (short.path, short.entry.path) == ("short", "h")
    assert (long.path, long.entry.path, long.kind) == ("long", "x", "identity")


def test_squeeze_and_excitation_belongs_to_its_branch():
    x = picture()
    f = layers.Conv2D(4, 3, padding="same", name="f")(x)
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(f)
    gate = layers.Conv2D(4, 1, activation="sigmoid", name="excite")(gate)
    unit = only(x, layers.Add()([x, layers.Multiply(name="gate")([f, gate])]))
    assert unit.kind == "identity"
    assert names(unit.branches[0]) == ["f", "squeeze", "excite", "gate"]


def test_experts_that_are_chosen_and_shared_are_one_change():
    x = vector()
    n = layers.LayerNormalization(name="n")(x)
    chosen = layers.Dense(8)(layers.Dense(4, "gelu")(n))
    shared = layers.Dense(8)(layers.Dense(4, "gelu")(n))
    gate = ops.sigmoid(layers.Dense(1)(n))
    unit = only(x, x + ops.reshape(chosen + shared * gate, (-1, 8)))
    assert (unit.kind, unit.entry.path) == ("identity", "x")


def test_a_sum_that_weighs_channels_is_no_unit():
    """Of convolutional block attention: what means and maxima became is added."""
    x, shared = picture(), layers.Dense(4)
    pools = layers.GlobalAveragePooling2D(), layers.GlobalMaxPooling2D()
    y = layers.Add()([shared(pool(x)) for pool in pools])
    gate = layers.Reshape((1, 1, 4))(layers.Activation("sigmoid")(y))
    assert found(x, layers.Multiply()([x, gate])) == []
    (unit,) = found(x, y)
    assert unit.kind == "undecidable"  # where nothing is weighed


@pytest.mark.parametrize("shape", [(8,), (5, 8)])
def test_a_gate_of_a_gru_is_part_of_its_unit(shape):
    """Its three sums of two matrices join no paths."""
    x = keras.Input(shape, name="x")
    y = layers.Dense(8, activation="relu")(x)

    def bent(one, function):
        both = layers.Add()([layers.Dense(8)(y), layers.Dense(8)(one)])
        return layers.Activation(function)(both)

    reset, update = bent(x, "sigmoid"), bent(x, "sigmoid")
    change = layers.Subtract()([bent(layers.Multiply()([reset, x]), "tanh"), x])
    unit = only(x, layers.Add()([x, layers.Multiply()([update, change])]))
    assert (unit.form, unit.kind, unit.entry.path) == ("add", "gated", "x")


def test_highway_is_one_gated_unit():
    x = vector()
    t = layers.Dense(8, activation="sigmoid", name="t")(x)
    h = layers.Dense(8, activation="relu", name="h")(x)
    for y in (t * h + (1.0 - t) * x, x + t * (h - x)):
        unit = only(x, y)
        assert (unit.form, unit.kind, unit.entry.path) == ("add", "gated", "x")
        assert {"t", "h"} <= set(names(unit.branches[0]))


def test_dense_and_unet_concatenations_are_units():
    x = picture()
    skip = layers.Conv2D(4, 3, padding="same", name="skip")(x)
    low = layers.Conv2D(8, 3, padding="same")(layers.MaxPooling2D()(skip))
    up = layers.Conv2DTranspose(4, 2, 2)(low)
    unit = only(x, layers.Concatenate()([up, skip]))
    assert (unit.form, unit.kind) == ("concatenate", "identity")
    assert (unit.entry.path, unit.stride, unit.channels) == ("skip", 1, 8)


def test_an_inception_module_is_none():
    x = picture()
    paths = [
        layers.Conv2D(4, 1)(x),
        layers.Conv2D(4, 3, padding="same")(layers.Conv2D(4, 1)(x)),
        layers.Conv2D(4, 1)(layers.MaxPooling2D(3, 1, padding="same")(x)),
        layers.MaxPooling2D(3, 1, padding="same")(x),
    ]
    assert found(x, layers.Concatenate()(paths)) == []


@pytest.mark.parametrize("join", ["Average", "Subtract", "Maximum", "Minimum"])
def test_other_merges_are_units_where_they_merge_a_branch(join):
    x = vector()
    merge = getattr(layers, join)()
    unit = only(x, merge([x, layers.Dense(8)(x)]))
    assert (unit.form, unit.kind) == (join.lower(), "identity")
    assert found(x, merge([x, 0.1 * x])) == []  # a leaky relu by hand


def test_taking_the_mean_away_is_no_unit():
    x = vector()
    assert found(x, x - ops.mean(layers.Dense(8)(x), axis=-1, keepdims=True)) == []


def test_half_of_a_split_is_a_sliced_shortcut():
    x = vector()
    kept, changed = ops.split(x, 2, axis=-1)
    y = layers.Concatenate()([kept, layers.Dense(4)(changed)])
    unit = only(x, y)
    assert (unit.form, unit.kind) == ("concatenate", "sliced")


def test_attention_to_a_memory_keeps_its_stream():
    x, memory = keras.Input((5, 8), name="x"), keras.Input((7, 8))
    stream = layers.Dense(8, name="stream")(x)
    f = layers.MultiHeadAttention(2, 4)(layers.LayerNormalization()(stream), memory)
    unit = only([x, memory], stream + f)
    assert (unit.entry.path, unit.kind) == ("stream", "identity")


def test_a_time_embedding_is_a_side_input_and_no_shortcut():
    inputs = x, time_ = picture(), keras.Input((6,))
    embedding = layers.Dense(6, name="embedding")(time_)
    for _ in range(2):
        f = layers.Conv2D(8, 3, padding="same")(x)
        f = f + layers.Dense(8)(embedding)[:, None, None, :]
        x = layers.Conv2D(8, 1)(x) + layers.Conv2D(8, 3, padding="same")(f)
    units = found(inputs, x)
    assert [u.kind for u in units] == ["projection", "projection"]
    assert units[1].entry is units[0].merge


def test_a_mask_is_no_path():
    tokens = keras.Input((5,), dtype="int32")
    x = layers.Embedding(9, 8, mask_zero=True, name="embed")(tokens)
    f = layers.LSTM(8, return_sequences=True, name="f")(x)
    unit = only(tokens, layers.Add()([x, f]))
    assert (unit.entry.path, names(unit.branches[0])) == ("embed", ["f"])


def test_a_branch_is_listed_without_what_came_before():
    x = vector()
    y = layers.Dense(8, name="before")(x)
    z = layers.Add()([y, layers.Dense(8, name="f")(y)])
    assert names(only(x, layers.Dense(1, name="behind")(z)).branches[0]) == ["f"]
