"""Layers that stand in a row: built once, and no more than Python follows."""

import sys

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.files.errors import RefusedError
from keras_residual.files.losses import MOST_LOSSES, find_loss
from keras_residual.files.wiring import check_wiring


def row(count):
    identity = {"module": "keras.layers", "class_name": "Identity", "config": {}}
    inside = {"layers": [identity] * count}
    return {"module": "keras", "class_name": "Sequential", "config": inside}


def chain(count):
    """A tenth of the calls are those of one layer on its own output."""
    places = [("a", at) for at in range(count // 10)] + [
        (f"x{at}", 0) for at in range(count - count // 10)
    ]
    nodes: dict = {}
    for (name, _), source in zip(places, [("inputs", 0), *places], strict=False):
        history = {"class_name": "x", "config": {"keras_history": [*source, 0]}}
        nodes.setdefault(name, []).append({"args": [history]})
    inside = {"layers": [{"name": k, "inbound_nodes": v} for k, v in nodes.items()]}
    return {"module": "keras", "class_name": "Functional", "config": inside}


@pytest.mark.parametrize("make", [row, chain])
def test_a_longer_row_than_python_follows_is_refused(make):
    most = sys.getrecursionlimit() - 1
    check_wiring(make(most - 1))
    with pytest.raises(RefusedError, match=r"one behind the other.*\n.*\n.*limit"):
        check_wiring(make(most + 1))


def test_a_sequential_is_built_once(tmp_path, monkeypatch):
    """Keras builds it anew with each layer: of 30 layers it makes 435 calls."""
    first = [keras.Input((2,), dtype="int32"), layers.Embedding(3, 4)]
    model = keras.Sequential([*first, *[layers.Identity() for _ in range(30)]])
    model.save(tmp_path / "row.keras")
    calls, compute = [], layers.Identity.compute_output_spec
    monkeypatch.setattr(
        layers.Identity,
        "compute_output_spec",
        lambda self, x: calls.append(1) or compute(self, x),
    )
    opened = kr.open_model(tmp_path / "row.keras")
    assert sum(calls) < 435
    assert type(opened) is keras.Sequential
    assert opened.inputs[0].dtype == "int32"
    x = np.array([[0, 2]])
    np.testing.assert_array_equal(opened.predict(x), model.predict(x))


def test_a_sequential_without_an_input_is_built_by_its_shape(tmp_path):
    model = keras.Sequential([layers.Dense(2)], name="bare")
    model.build((None, 3))
    model.save(tmp_path / "bare.keras")
    assert kr.open_model(tmp_path / "bare.keras").output_shape == (None, 2)


def test_losses_that_no_model_has_are_left_out():
    for count, kept in [(2, True), (MOST_LOSSES + 1, False)]:
        config = {"compile_config": {"loss": [None] * count}}
        assert (find_loss(config) is not None) is kept
