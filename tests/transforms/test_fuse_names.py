"""A fused model has the inputs and outputs of the old one, by name and structure."""

import keras
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.transforms.fuse import fusing

from .random_graphs import randomise


def heads(x):
    return {
        "folded": layers.BatchNormalization(name="normed")(layers.Dense(3)(x)),
        "idle": layers.Activation("linear", name="plain")(layers.ReLU(name="r")(x)),
        "operation": layers.Dropout(0.1, name="kept")(x + keras.ops.sin(x)),
        "added": layers.Add(name="sum")([layers.Dense(4)(x), layers.Dense(4)(x)]),
        "chained": layers.Dense(2, name="last")(layers.Dense(9)(x)),
    }


STRUCTURES = {
    "dict": heads,
    "list": lambda x: list(heads(x).values()),
    "nested": lambda x: [heads(x), (layers.ReLU(name="other")(x),)],
    "one in a list": lambda x: [heads(x)["folded"]],
    "one": lambda x: heads(x)["idle"],
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_outputs_keep_their_names_and_their_structure(name, tmp_path):
    x, unused = keras.Input((4,), name="x"), keras.Input((4,), name="beside")
    y = layers.Dropout(0.1)(layers.BatchNormalization()(x))
    given = {"x": x, "beside": unused}
    model = randomise(keras.Model(given, STRUCTURES[name](layers.Add()([y, unused]))))
    done = kr.fuse(model)
    assert len(done.changes) > 1
    done.model.save(tmp_path / "model.keras")
    for new in (done.model, keras.saving.load_model(tmp_path / "model.keras")):
        assert new.output_names == model.output_names
        assert [t.name for t in new.inputs] == [t.name for t in model.inputs]
    keras.tree.assert_same_structure(model.input, done.model.input)
    keras.tree.assert_same_structure(model.output, done.model.output)


def block(x):
    return keras.Model(x, layers.ReLU()(x), name="inner")


NAMED = {
    "of the input": lambda x: [layers.Dropout(0.1, name="a")(x)],
    "of a nested model": lambda x: layers.Dropout(0.1, name="a")(block(x)(x)),
    "of two outputs": lambda x: [
        y := layers.Dense(4, name="a")(x),
        layers.Activation("linear", name="b")(y),
    ],
    "of a shared layer": lambda x: [
        (ends := layers.Dropout(0.1, name="a"))(layers.Dense(3)(x)),
        ends(layers.ReLU()(x)),
    ],
}


@pytest.mark.parametrize("name", NAMED)
def test_what_gives_an_output_a_name_that_nothing_else_can_give_stays(name):
    x = keras.Input((4,))
    model = keras.Model(x, NAMED[name](x))
    done = kr.fuse(model)
    assert not done.changes
    assert {left.why for left in done.left} == {"an output of the model has its name"}


def test_inside_of_a_nested_model_names_do_not_matter():
    x = keras.Input((4,))
    inner = keras.Model(x, layers.Dropout(0.1, name="a")(layers.ReLU(name="b")(x)))
    new = kr.fuse(keras.Model(x, inner(x))).model
    assert new.layers[1].layers[-1].name == "b"


def test_where_nothing_changes_nothing_is_run(monkeypatch):
    """Not even once: a large model would take seconds."""

    def run(*given, **named):
        raise AssertionError("it was run")

    x = keras.Input((4,))
    model = keras.Model(x, layers.BatchNormalization()(layers.ReLU()(x)))
    monkeypatch.setattr(fusing, "Original", run)
    monkeypatch.setattr(fusing, "rebuild", run)
    monkeypatch.setattr(keras.Model, "__call__", run)
    done = kr.fuse(model)
    assert done.model is model
    assert (done.changes, done.proof.comparisons) == ((), ())
    assert len(done.left) == 1
    assert str(done).startswith("nothing changed")
