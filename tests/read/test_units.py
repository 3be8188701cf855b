"""Units are found in any graph, however it was written."""

import gc
import time

import keras
import pytest
from keras import layers, ops

from keras_residual.read import find_residuals


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


def test_sequential_and_nested_models_are_opened():
    a = vector()
    inner = keras.Model(a, layers.Add(name="add")([a, layers.Dense(8)(a)]), name="in")
    middle = keras.Sequential([keras.Input((8,)), layers.ReLU(), inner], name="mid")
    b = vector()
    outer = keras.Model(b, middle(layers.Dense(8)(b)))
    (unit,) = find_residuals(outer)
    assert unit.path == "mid/in/add"
    assert unit.entry.kind == "act"
    assert unit.kind == "identity"


def test_a_path_that_crosses_nested_models():
    a = vector()
    branch = keras.Model(a, layers.Dense(8, name="f")(a), name="branch")
    x = vector()
    unit = only(x, layers.Add(name="add")([x, branch(x)]))
    assert (unit.path, names(unit.branches[0])) == ("add", ["branch/f"])


def test_a_shared_model_is_a_unit_at_each_call():
    a = vector()
    block = keras.Model(a, layers.Add(name="add")([a, layers.Dense(8)(a)]), name="b")
    x = vector()
    units = found(x, block(block(x)))
    assert [u.path for u in units] == ["b/add", "b:1/add"]
    assert units[1].entry is units[0].merge


def test_shared_layers_on_both_paths():
    x = vector()
    dense, add = layers.Dense(8, name="f"), layers.Add(name="add")
    y = add([x, dense(x)])
    units = found(x, add([y, dense(y)]))
    assert [(u.path, u.kind) for u in units] == [
        ("add", "identity"),
        ("add:1", "identity"),
    ]
    assert names(units[1].branches[0]) == ["f:1"]


def test_squeeze_and_excitation_belongs_to_its_branch():
    x = picture()
    f = layers.Conv2D(4, 3, padding="same", name="f")(x)
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(f)
    gate = layers.Conv2D(4, 1, activation="sigmoid", name="excite")(gate)
    unit = only(x, layers.Add()([x, layers.Multiply(name="gate")([f, gate])]))
    assert unit.kind == "identity"
    assert names(unit.branches[0]) == ["f", "squeeze", "excite", "gate"]


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


class Together(layers.Layer):
    """What two tensors become is a function handed to it."""

    def __init__(self, rule, **kwargs):
        super().__init__(**kwargs)
        self.rule = rule

    def call(self, *tensors):
        return self.rule(*tensors)


def scaled_sum(a, b):
    return a + 0.3 * b


def product(a, b):
    return a * b


def first(a, b):
    return a


def out_of_order(a, b):
    if a.shape[0] == 4:  # works on tensors without sizes, fails on numbers
        raise RuntimeError("not now")
    return a + b


@pytest.mark.parametrize(
    ("rule", "units"), [(scaled_sum, 1), (product, 0), (first, 0), (out_of_order, 0)]
)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_custom_layer_is_a_unit_if_it_sums(rule, units, dtype):
    x = keras.Input((8, 8, 4), dtype=dtype)
    f = layers.Conv2D(4, 3, padding="same", dtype=dtype)(x)
    assert len(found(x, Together(rule, dtype=dtype)(x, f))) == units


@pytest.mark.parametrize(
    ("rule", "units"),
    [(lambda a, b, c: a + b - c, 1), (lambda a, b, c: a + b * c, 0)],
)
def test_a_custom_layer_may_sum_three(rule, units):
    x = vector()
    f, g = layers.Dense(8)(x), layers.Dense(8)(x)
    assert len(found(x, Together(rule)(x, f, g))) == units


def test_custom_layers_that_differ_only_in_settings_are_told_apart():
    @keras.saving.register_keras_serializable("tests")
    class Mix(layers.Layer):
        def __init__(self, share, **kwargs):
            super().__init__(**kwargs)
            self.share = share

        def call(self, inputs):
            return inputs[0] + self.share * inputs[1]

        def get_config(self):
            return {**super().get_config(), "share": self.share}

    x = vector()
    y = Mix(0.5, name="mix")([x, layers.Dense(8)(x)])
    z = Mix(0.0, name="drop")([y, layers.Dense(8)(y)])
    assert [u.path for u in found(x, z)] == ["mix"]


def test_a_branch_is_listed_without_what_came_before():
    x = vector()
    y = layers.Dense(8, name="before")(x)
    z = layers.Add()([y, layers.Dense(8, name="f")(y)])
    assert names(only(x, layers.Dense(1, name="behind")(z)).branches[0]) == ["f"]


def chain(blocks, calls):
    """A chain of `3 * blocks * calls` operations: one block model called in a row."""
    a = x = vector()
    for _ in range(blocks):
        x = x + layers.ReLU()(layers.Dense(8)(x))
    block = keras.Model(a, x, name="block")
    inputs = y = vector()
    for _ in range(calls):
        y = block(y)
    return keras.Model(inputs, y)


def seconds(model, units):
    """The processor time of reading, without the collector, whose turns are random."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    kinds = [unit.kind for unit in find_residuals(model)]
    taken = time.process_time() - start
    gc.enable()
    assert kinds == ["identity"] * units
    return taken


def test_twenty_thousand_operations_take_linear_time():
    small, large = chain(200, 9), chain(200, 36)
    one = min(seconds(small, 1_800) for _ in range(3))
    four = min(seconds(large, 7_200) for _ in range(3))
    assert four < 6 * one
    assert four < 2


def test_a_chain_of_gradual_nesting_needs_no_recursion():
    model = chain(1, 1)
    for _ in range(60):
        x = vector()
        model = keras.Model(x, model(x), name="in")
    (unit,) = find_residuals(model)
    assert unit.path.count("in/") == 60 - 1


def test_a_subclassed_model_is_refused_and_traced_as_advised():
    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.f = layers.Dense(8)

        def call(self, x):
            return x + self.f(x)

    model = Own()
    with pytest.raises(ValueError, match='Model "own" has no graph: Own is a subclass'):
        find_residuals(model)
    inputs = vector()
    (unit,) = find_residuals(keras.Model(inputs, model.call(inputs)))
    assert unit.kind == "identity"


def test_an_unbuilt_sequential_model_is_refused():
    model = keras.Sequential([layers.Dense(8)], name="plain")
    with pytest.raises(ValueError, match='"plain" is not built'):
        find_residuals(model)
    model.build((None, 4))
    assert find_residuals(model) == []


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match=r"from a Keras model\. Got str: 'resnet50'"):
        find_residuals("resnet50")
