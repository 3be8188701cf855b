"""Unfolding leaves the model as it was, and nothing else is patched."""

import threading

import keras
import numpy as np
import pytest
from graph.unfolding import textbook as book
from keras import layers, ops

import keras_residual as kr
from keras_residual.graph.unfolding.tracing import Tracer


def numbers(values):
    return [np.array(ops.convert_to_numpy(one)) for one in values]


def inside(layer):
    return [layer, *layer._flatten_layers(include_self=False)]


def state_of(model):
    """Returns what each layer is, but for the numbers of its weights."""
    lists = ("_inbound_nodes", "_outbound_nodes", "_layers", "_losses", "_metrics")
    return [
        (
            id(one),
            type(one),
            one.name,
            one.trainable,
            sorted(vars(one)),
            [len(vars(one).get(name) or ()) for name in lists],
            [id(weight) for weight in one.variables],
            [weight.path for weight in one.variables],
        )
        for one in inside(model)
    ]


def patched():
    return (
        keras.layers.Layer.__call__,
        keras.layers.Layer.__dict__.get("__getattribute__"),
        keras.KerasTensor.__dict__.get("__jax_array__"),
        keras.KerasTensor.__add__,
        keras.Variable.__mul__,
    )


@pytest.fixture
def model():
    return book.functional(
        (7,), book.TokenAndPosition(7, 11, 8), book.TransformerBlock(8), dtype="int32"
    )


def test_the_model_is_as_it_was(model):
    x = book.words(3, 7)
    model(x)
    before, values, config = state_of(model), numbers(model.variables), patched()
    kr.unfold(model)
    assert state_of(model) == before
    assert patched() == config
    for old, new in zip(values, numbers(model.variables), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_model_is_as_it_was_after_an_error(model, monkeypatch):
    before, config = state_of(model), patched()

    def fails(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Tracer, "_traced", fails)
    with pytest.raises(KeyboardInterrupt):
        kr.unfold(model)
    assert state_of(model) == before
    assert patched() == config


def test_another_thread_sees_the_plain_layers(model, monkeypatch):
    x, found = book.words(3, 7), []
    expected = numbers([model(x)])[0]
    kernel = model.layers[-1].norm1.gamma
    native = Tracer._traced

    def other():
        found.append(numbers([model(x)])[0])
        found.append(model.layers[-1].norm1.gamma is kernel)

    def traced(*args):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return native(*args)

    monkeypatch.setattr(Tracer, "_traced", traced)
    kr.unfold(model)
    assert found
    for seen, same in zip(found[::2], found[1::2], strict=True):
        np.testing.assert_allclose(seen, expected, rtol=1e-6, atol=1e-6)
        assert same


def test_an_opened_model_is_saved_and_loaded(tmp_path):
    model = book.functional((4,), book.Own(), layers.Dense(4), book.Inner(1))
    opened = kr.unfold(model).model
    x = book.floats(3, 4)
    opened.save(tmp_path / "opened.keras")
    loaded = keras.saving.load_model(tmp_path / "opened.keras")
    np.testing.assert_allclose(*(numbers([m(x)])[0] for m in (opened, loaded)), 1e-6)
