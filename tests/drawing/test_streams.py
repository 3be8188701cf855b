"""Whatever has a unit, an input or an output is in the picture."""

import keras
import pytest
from keras import layers

from keras_residual.drawing.outline import outline
from keras_residual.graph import find_residuals
from keras_residual.graph.graph import Graph
from keras_residual.graph.units import units_of


def streams(model):
    graph = Graph(model)
    return outline(graph, units_of(graph))


def items(stream):
    return [run.item for group in stream.groups for run in group.runs]


def units(found):
    return sorted(p for s in found for item in items(s) for p in item.units)


def paths(model):
    return sorted(unit.path for unit in find_residuals(model))


def lines(stream):
    return [row for item in items(stream) for part in item.text for row in part]


def tower(x, count):
    for _ in range(count):
        x = x + layers.Dense(x.shape[-1], kernel_initializer="zeros")(x)
    return x


def test_another_input_is_a_stream_that_is_read():
    first, second = keras.Input((8,)), keras.Input((4,))
    both = layers.Concatenate()([tower(first, 3), tower(second, 1)])
    model = keras.Model([first, second], layers.Dense(2)(both))
    main, beside = found = streams(model)
    assert units(found) == paths(model)
    assert (main.letter, beside.letter) == ("", "A")
    assert lines(main)[-2:] == ["concatenate with A", "dense 2"]
    assert lines(beside)[0] == "input"
    assert beside.goal == "into concatenate"


def test_another_output_is_a_stream_that_leaves():
    inputs = keras.Input((8,))
    x = tower(inputs, 2)
    early = layers.Dense(1, name="early")(x)
    late = layers.Dense(1, name="late")(tower(layers.Dense(4)(x), 2))
    model = keras.Model(inputs, [early, late])
    main, beside = found = streams(model)
    assert units(found) == paths(model)
    assert main.goal == "output late"
    assert [i.text for i in items(main) if i.look == "tag"] == [(("A",),)]
    assert (beside.letter, beside.goal) == ("A", "output early")


def test_an_output_on_the_way_is_named_there():
    inputs = keras.Input((8,))
    x = layers.Dense(8, name="half")(inputs)
    model = keras.Model(inputs, [x, tower(x, 1)])
    (main,) = streams(model)
    assert [i.text for i in items(main) if i.look == "tag"] == [(("output half",),)]


def test_the_main_stream_is_the_deepest_whatever_the_order():
    first, second = keras.Input((8,), name="first"), keras.Input((8,), name="second")
    deep = tower(first, 3)
    for operands in ([deep, second], [second, deep]):
        model = keras.Model([first, second], layers.Multiply()(operands))
        main, beside = streams(model)
        assert sum(len(item.units) for item in items(main)) == 3
        assert lines(beside) == ["input second"]


def test_branches_say_which_stream_they_read():
    memory, inputs = keras.Input((5, 8)), keras.Input((3, 8))
    encoded, x = tower(memory, 2), inputs
    for _ in range(4):
        h = layers.LayerNormalization()(x)
        x = x + layers.MultiHeadAttention(2, 4)(h, encoded)
    model = keras.Model([memory, inputs], x)
    main, beside = found = streams(model)
    assert units(found) == paths(model)
    told = [item.text for item in items(main) if item.look == "unit"]
    assert told == [(("layer norm · attention, 2 heads", "reads A"),)]
    assert beside.goal == "into attention, 2 heads"


def test_branches_say_which_stream_masks_them():
    mask, inputs = keras.Input((3,), dtype="bool"), keras.Input((3, 8))
    x = inputs + layers.MultiHeadAttention(2, 4)(
        inputs, inputs, attention_mask=keras.ops.expand_dims(mask, 1)
    )
    main, beside = streams(keras.Model([mask, inputs], x))
    assert beside.letter == "A"
    (told,) = [item.text for item in items(main) if item.look == "unit"]
    assert told == (("attention, 2 heads", "masked by A"),)


def test_a_step_aside_keeps_the_letter_of_its_stream():
    time, inputs = keras.Input((4,)), keras.Input((8,))
    embedded = layers.Dense(4, activation="silu")(time)
    x = inputs
    for _ in range(3):
        h = layers.Dense(8)(x) + layers.Dense(8)(embedded)
        x = x + layers.Dense(8)(layers.ReLU()(h))
    main, _ = streams(keras.Model([time, inputs], x))
    told = [item.text[0] for item in items(main) if item.look == "unit"]
    assert [text[-1] for text in told] == ["reads A"]


def test_streams_that_are_alike_are_told_once():
    x = inputs = keras.Input((8,))
    for _ in range(4):
        small = layers.Dense(4)(layers.ReLU()(x))
        aside = small + layers.Dense(4)(small)
        deep = layers.ReLU()(x)
        for _ in range(5):
            deep = layers.Dense(4)(deep)
        x = layers.Concatenate()([deep, aside])
    model = keras.Model(inputs, x)
    main, beside = found = streams(model)
    assert units(found) == paths(model)
    assert (beside.letter, beside.times) == ("A", 4)
    assert main.groups[-1].times == 4


def test_units_inside_a_long_unit_appear():
    x = inputs = keras.Input((8,))
    model = keras.Model(inputs, x + tower(layers.Dense(8)(x), 2))
    assert units(streams(model)) == paths(model)


def test_layers_beside_a_unit_appear_without_a_unit_of_their_own():
    x = inputs = keras.Input((8,))
    aside = layers.Dense(3)(layers.Dense(4)(x))
    model = keras.Model(inputs, layers.Concatenate()([tower(x, 4), aside]))
    main, beside = streams(model)
    assert lines(main)[-1] == "concatenate with A"
    assert lines(beside) == ["dense 4", "dense 3"]


def test_a_stream_ends_where_each_of_its_readers_goes_a_way_of_its_own():
    x, time = inputs = keras.Input((6, 6, 4)), keras.Input((1,))
    embedded = layers.Dense(8, "silu")(time)
    for _ in range(3):
        y = layers.Conv2D(4, 3, padding="same")(x)
        y = y + layers.Reshape((1, 1, 4))(layers.Dense(4)(embedded))
        x = layers.Add()([x, layers.Conv2D(4, 3, padding="same")(y)])
    main, beside = streams(keras.Model(inputs, x))
    assert [unit.units for unit in items(main) if unit.look == "unit"]
    assert (lines(beside), beside.goal) == (["input", "dense 8 · silu"], "into dense 4")


def test_many_letters_go_on_after_z():
    x = inputs = keras.Input((30,))
    sides = [tower(x[:, : k + 1], 1) for k in range(30)]
    model = keras.Model(inputs, layers.Concatenate()(sides))
    found = streams(model)
    assert units(found) == paths(model)
    assert [s.letter for s in found][-3:] == ["AA", "AB", "AC"]


class Scaled(layers.Layer):
    """A sum that weighs its inputs, as in Inception-ResNet."""

    def call(self, inputs):
        return 0.5 * inputs[0] + 0.17 * inputs[1]


@pytest.mark.parametrize("turned", [False, True])
def test_a_sum_says_what_it_scales_its_paths_by(turned):
    x = inputs = keras.Input((6, 6, 4))
    y = layers.Conv2D(4, 3, padding="same")(x)
    x = Scaled()([y, x] if turned else [x, y])
    (main,) = streams(keras.Model(inputs, x))
    (unit,) = (item for item in items(main) if item.look == "unit")
    branch, carried = (0.5, 0.17) if turned else (0.17, 0.5)
    assert unit.text == ((f"3×3 conv 4 · × {branch}",),)
    assert unit.carried == (f"× {carried}",)


def test_a_plain_network_is_one_stream():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    (main,) = streams(model)
    assert lines(main) == ["input", "dense 3", "dense 2"]
    assert main.goal == ""


def test_every_tap_of_a_running_sum_is_drawn():
    inputs = keras.Input((None, 4), name="x")
    x = layers.Conv1D(8, 1)(inputs)
    taps = layers.Conv1D(8, 1)(x)
    for block in range(8):
        y = layers.Conv1D(8, 3, dilation_rate=block + 1, padding="same")(x)
        x = layers.Add()([x, layers.ReLU()(y)])
        if block % 2:
            taps = layers.Add()([taps, layers.Conv1D(8, 1)(x)])
    outputs = layers.Conv1D(3, 1, activation="softmax")(taps)
    main, *beside = streams(keras.Model(inputs, outputs))
    # The fourth is at the end of the main stream.
    assert [line for line in lines(main) if line in "AB"] == ["A", "B", "B"]
    first, others = beside
    assert (first.letter, first.times) == ("A", 1)
    assert lines(first) == ["1 conv 8", "+ with an earlier 1 conv 8"]
    assert (others.letter, others.times) == ("B", 2)
    assert lines(others) == ["1 conv 8", "+ with A or B"]


def test_a_long_skip_that_begins_inside_a_branch_is_said():
    inputs = keras.Input((8, 8, 4))
    up = layers.UpSampling2D()(layers.Conv2D(4, 3, 2, padding="same")(inputs))
    gate = layers.Add()([layers.Conv2D(2, 1)(inputs), layers.Conv2D(2, 1)(up)])
    gate = layers.Conv2D(1, 1, activation="sigmoid")(layers.ReLU()(gate))
    both = layers.Concatenate()([layers.Multiply()([inputs, gate]), up])
    (main,) = streams(keras.Model(inputs, layers.Conv2D(3, 1)(both)))
    assert lines(main)[-2:] == ["with an earlier up ↑2", "1×1 conv 3"]


@pytest.mark.parametrize(
    ("normalize", "text"), [(True, "cosine"), (False, "dot product")]
)
def test_two_towers_meet_in_a_product(normalize, text):
    first, second = keras.Input((8,)), keras.Input((4,))
    made = layers.Dense(8)(tower(second, 1))
    score = layers.Dot(1, normalize=normalize)([tower(first, 2), made])
    main, beside = streams(keras.Model([first, second], score))
    assert lines(main)[-1] == f"{text} with A"
    assert beside.goal == f"into {text}"


@pytest.mark.parametrize("merge", [layers.Add, layers.Concatenate])
def test_every_tap_into_one_merge_is_drawn_and_those_without_a_layer_are_said(merge):
    x = inputs = keras.Input((8, 4), name="x")
    taps, bare = [], []
    for block in range(24):
        x = layers.Add()([x, layers.Conv1D(4, 3, padding="same")(layers.ReLU()(x))])
        if block % 6 == 0:
            taps.append(layers.Conv1D(4, 1)(x))
        if block % 6 == 3:
            bare.append(x)
    model = keras.Model(inputs, layers.Dense(2)(merge()([*taps, x])))
    main, *beside = streams(model)
    assert sum(stream.times for stream in beside) == 4
    (main,) = streams(keras.Model(inputs, merge()([*bare, x])))
    assert "earlier" in " ".join(lines(main))
