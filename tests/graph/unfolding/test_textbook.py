"""Textbook models are opened: all units, the same numbers, the same weights."""

import keras
import numpy as np
import pytest
from graph.unfolding import textbook as book
from keras import layers, ops

import keras_residual as kr

# What Keras says of layers that end a mask, and of models in models that do not.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*destroy the mask:UserWarning"),
    # `TimeDistributed` builds what it holds, and a unit without `build` is warned of.
    pytest.mark.filterwarnings("ignore:`build:UserWarning"),
]


def in_half():
    keras.config.set_dtype_policy("mixed_float16")
    return book.DeepModel()


def steps():
    unit = book.functional((4, 4, 2), book.ResidualUnit(2))
    return book.functional((3, 4, 4, 2), layers.TimeDistributed(unit))


PICTURE = book.floats(4, 8, 8, 2)
ROWS = book.floats(4, 6)
CASES = {
    # how it is made, what it takes, how many units it has
    "unit with lists": (lambda: book.ResidualUnit(2), PICTURE, 1),
    "loop in call": (book.DeepModel, ROWS, 3),
    "resnet": (book.SmallResNet, PICTURE, 4),
    "transformer": (lambda: book.Classifier(0.0), book.words(4, 7), 4),
    "transformer with dropout": (book.Classifier, book.words(4, 7), 4),
    "u-net": (book.UNet, PICTURE, 3),
    "diffusion": (book.Diffusion, [PICTURE, book.floats(4, 1)], 2),
    "experts": (lambda: book.Experts(6), ROWS, 1),
    "lambda": (
        lambda: book.functional(
            (6,), layers.Lambda(lambda x: 2 * x), book.Own(), layers.Dense(2)
        ),
        ROWS,
        1,
    ),
    "own kernel": (book.Own, ROWS, 1),
    "tied": (book.Tied, book.words(4, 5), 1),
    "dict": (book.Named, {"left": ROWS, "right": book.floats(4, 3)}, 1),
    "time distributed": (steps, book.floats(2, 3, 4, 4, 2), 1),
    "recurrent": (lambda: book.Recurrent(6), book.floats(2, 5, 6), 1),
    "mask passed on": (lambda: book.Masked(True), book.words(3, 6), 1),
    "mask that ends": (lambda: book.Masked(False), book.words(3, 6), 1),
    "half precision": (in_half, ROWS, 3),
    "shared": (book.Twice, ROWS, 2),
    "equal names": (lambda: book.Inner(2), book.floats(4, 4), 3),
}


def numbers(structure):
    flat = keras.tree.flatten(structure)
    return [np.asarray(ops.convert_to_numpy(one), "float64") for one in flat]


def assert_close(before, after, tolerance=1e-6):
    assert len(before) == len(after)
    for a, b in zip(before, after, strict=True):
        assert a.shape == b.shape
        assert np.abs(a - b).max(initial=0) <= tolerance * np.abs(a).max(initial=0)


@pytest.fixture(params=CASES)
def case(request):
    make, x, units = CASES[request.param]
    model = make()
    x = keras.tree.map_structure(ops.convert_to_tensor, x)
    before = model(x)
    return request.param, model, x, numbers(before), units


def test_all_units_are_seen_and_nothing_is_computed_differently(case):
    name, model, x, before, units = case
    unfolded = kr.unfold(model, like=x)
    assert not unfolded.closed, unfolded
    assert len(kr.find_residuals(unfolded.model)) == units
    after = unfolded.model(x)
    keras.tree.assert_same_structure(after, model(x))
    assert_close(before, numbers(after), 2e-3 if name == "half precision" else 1e-6)
    assert {*map(id, unfolded.model.variables)} == {*map(id, model.variables)}
    trained = [*map(id, unfolded.model.trainable_variables)]
    assert {*trained} == {*map(id, model.trainable_variables)}
    assert len(trained) == len({*trained})


RANDOM = ("transformer with dropout", "half precision", "time distributed")


def test_training_the_opened_model_trains_the_model(case):
    name, model, x, *_ = case
    if name in RANDOM:
        pytest.skip("a step is another each time")
    opened = kr.unfold(model, like=x).model
    start = numbers(model.variables)
    ends = []
    for one in (model, opened):
        for variable, value in zip(model.variables, start, strict=True):
            variable.assign(value)
        trainer = one if isinstance(one, keras.Model) else book.Whole(one)
        target = keras.tree.map_structure(ops.ones_like, one(x))
        trainer.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
        trainer.fit(x, target, batch_size=8, shuffle=False, verbose=0)
        ends.append(numbers(model.variables))
    assert any((a != b).any() for a, b in zip(start, ends[0], strict=True))
    assert_close(*ends, 1e-5)
