"""A pass of a user's own runs among ours, and is proved as ours are."""

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.transforms.call import NewLayer
from keras_residual.transforms.fuse import PASSES
from keras_residual.transforms.preconditions import NotApplicable


def twice(work, call):
    """Takes the second of two rectifiers in a row out."""
    before = work.draft.maker(call.reads[0]) if call.reads else None
    if not rectifies(call) or before is None or not rectifies(before):
        return None
    work.only_user(before.outputs[0], "the rectifier before it")
    work.draft.replace(call.outputs[0], call.reads[0])
    work.draft.remove(call)
    return "out: the one before does it"


def rectifies(call):
    return isinstance(call.operation, keras.layers.ReLU)


class Twice:
    def __call__(self, work, call):
        return twice(work, call)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    x = inputs = keras.Input((4,), name="x")
    x = keras.layers.Dense(4, name="dense")(x)
    x = keras.layers.ReLU(name="first")(x)
    x = keras.layers.ReLU(name="second")(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="head")(x))


@pytest.mark.parametrize("own", [twice, Twice, Twice()])
def test_it_changes_what_it_says(model, own):
    done = kr.fuse(model, passes=[*PASSES, own])
    assert [(one.path, one.what) for one in done.changes] == [
        ("second", "out: the one before does it")
    ]
    assert [layer.name for layer in done.model.layers] == [
        "x",
        "dense",
        "first",
        "head",
    ]
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    before, after = (one.predict_on_batch(x) for one in (model, done.model))
    np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-6)


def test_it_leaves_with_a_reason(model):
    def never(work, call):
        if rectifies(call):
            raise NotApplicable("it is dear to me")

    done = kr.fuse(model, passes=[never])
    assert {(one.path, one.why) for one in done.left} == {
        ("first", "it is dear to me"),
        ("second", "it is dear to me"),
    }


def without_bias(work, call):
    """Forgets the bias, by a layer of its own."""
    if call.name != "head" or isinstance(call.operation, NewLayer):
        return None
    layer = call.operation
    config = {**layer.get_config(), "use_bias": False}
    kernel = 1.02 * np.asarray(keras.ops.convert_to_numpy(layer.kernel))
    call.operation = NewLayer(keras.layers.Dense, config, {"kernel": kernel})
    return "without a bias"


def test_the_proof_catches_a_wrong_one(model):
    with pytest.raises(ValueError, match="computes something else"):
        kr.fuse(model, passes=[without_bias])


def forgets_readers(work, call):
    if call.name != "second":
        return None
    work.draft.remove(call)
    return "out"


def again(work, call):
    return "done" if call.name == "head" else None


def boasts(work, call):
    return True


@pytest.mark.parametrize(
    ("passes", "error", "said"),
    [
        ([forgets_readers], ValueError, "no model can be made of what the passes left"),
        ([*PASSES, again], ValueError, "the passes come to no end"),
        ([boasts], TypeError, '"boasts" does not say what it did'),
        (["after", "nothing"], ValueError, "fuse has no pass 'nothing'"),
        ([3], ValueError, "fuse has no pass 3"),
        (twice, TypeError, "`passes` takes a list of words and functions"),
        ("after", TypeError, r"passes=\['after'\]"),
    ],
)
def test_what_is_no_pass_is_refused(model, passes, error, said):
    with pytest.raises(error, match=said):
        kr.fuse(model, passes=passes)
