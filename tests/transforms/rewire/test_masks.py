"""What goes in or out moves no mask: the steps that counted count, and no others."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .surgery import randomised

pytestmark = pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a")
TOKENS = np.array([[1, 2, 0, 0, 0], [1, 2, 3, 3, 1], [3, 0, 0, 0, 0]])
LABELS = np.random.default_rng(0).standard_normal((3, 5, 2)).astype("float32")


def network(*branch, nested=False):
    tokens = keras.Input((5,), dtype="int32")
    embedded = layers.Embedding(4, 4, mask_zero=True)(tokens)
    x = keras.Input((5, 4)) if nested else embedded
    y = x
    for layer in (*branch, layers.Dense(4, name="dense"), layers.ReLU(name="act")):
        y = layer(y)
    y = layers.LayerNormalization(name="norm")(layers.Add(name="add")([x, y]))
    if nested:
        y = keras.Model(x, y, name="inner")(embedded)
    model = randomised(keras.Model(tokens, layers.Dense(2, name="head")(y)))
    model.compile("sgd", "mse")
    return model


def counted(model):
    """Returns the mask that reaches the loss."""
    mask = getattr(model(TOKENS), "_keras_mask", None)
    return None if mask is None else keras.ops.convert_to_numpy(mask).tolist()


@pytest.mark.parametrize(
    "asked",
    [
        {"norm": "rms"},
        {"norm": layers.RMSNormalization()},
        {"se": 2},
        {"merge": "gate"},
        {"activation": keras.ops.tanh},
    ],
    ids=["norm", "a layer", "se", "merge", "a function"],
)
@pytest.mark.parametrize("nested", [False, True], ids=["flat", "nested"])
def test_what_is_swapped_carries_the_mask_on(asked, nested):
    done = kr.rewire.replace(network(nested=nested), **asked)
    assert done.changes
    assert counted(done.model) == (TOKENS != 0).tolist()


@pytest.mark.parametrize("nested", [False, True], ids=["flat", "nested"])
def test_a_unit_that_ended_the_mask_still_does_when_it_is_gone(nested):
    # The convolution's sum has no mask, so all steps counted, and do in the lesion.
    model = network(layers.Conv1D(4, 3, padding="same"), nested=nested)
    data, unit = (TOKENS, LABELS), kr.find_residuals(model)[0]
    (lesion,) = kr.measure(model, data, columns=["lesion"])["lesion"]
    new = kr.rewire.drop_units(model, unit).model
    new.compile("sgd", "mse")
    before = model.evaluate(*data, verbose=0)
    assert counted(model) is counted(new) is None
    assert new.evaluate(*data, verbose=0) - before == pytest.approx(lesion, abs=1e-5)
    (_, step) = kr.rewire.prune_depth(model, data, tolerance=9, by="loss").steps
    assert step.loss - before == pytest.approx(lesion, abs=1e-5)


@pytest.mark.parametrize("nested", [False, True], ids=["flat", "nested"])
@pytest.mark.parametrize("ends", [False, True], ids=["kept", "ended"])
def test_a_skip_that_is_added_moves_no_mask(ends, nested):
    first = layers.Conv1D(4, 3, padding="same") if ends else layers.Dense(4)
    x = embedded = layers.Embedding(4, 4, mask_zero=True)(tokens := keras.Input((5,)))
    if nested:
        x = keras.Input((5, 4))
    y = layers.BatchNormalization()(layers.Dense(4)(first(x)))
    y = layers.ReLU()(y)
    if nested:
        y = keras.Model(x, y, name="inner")(embedded)
    model = randomised(keras.Model(tokens, layers.Dense(2, name="head")(y)))
    done = kr.rewire.add_skips(model)
    assert len(done.changes) == 1
    assert counted(done.model) == (None if ends else (TOKENS != 0).tolist())


def test_norms_of_masked_steps_are_swapped_where_no_other_step_counts():
    model = network(layers.BatchNormalization(name="first"))
    kinds = {"layer", "rms", "batch"}
    assert all(len(kr.rewire.replace(model, norm=k).changes) == 2 for k in kinds)
    done = kr.rewire.replace(model, norm="group")
    assert {one.why for one in done.left} == {
        "a group norm would count what its mask leaves out"
    }
    assert not done.changes
