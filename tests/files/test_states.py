"""Layers that keep states between calls: they open, and stay small."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .artifacts import CONFIG, read, write

STACK = [layers.GRUCell, layers.LSTMCell]
LAYERS = {
    "a stack": lambda: layers.RNN([cell(2) for cell in STACK], stateful=True),
    "both ways": lambda: layers.Bidirectional(layers.LSTM(3, stateful=True)),
}


@pytest.fixture(params=LAYERS)
def model(request):
    inputs = keras.Input(batch_shape=(2, 3, 4))
    return keras.Model(inputs, LAYERS[request.param]()(inputs))


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_they_open_and_go_on_as_they_did(model, name, tmp_path):
    model.save(tmp_path / name)
    opened = kr.open_model(tmp_path / name)
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    for _ in range(2):
        right, found = (keras.ops.convert_to_numpy(m(x)) for m in (model, opened))
        np.testing.assert_allclose(found, right, rtol=1e-6)


def test_a_batch_that_is_large_on_paper_takes_no_memory(model, tmp_path):
    model.save(tmp_path / "model.keras")

    members = read(tmp_path / "model.keras")
    assert b"[2, 3, 4]" in members[CONFIG]
    members[CONFIG] = members[CONFIG].replace(b"[2, 3, 4]", b"[%d, 3, 4]" % 2**30)
    with pytest.raises(ValueError, match="keep more between calls"):
        kr.open_model(write(tmp_path / "wide.keras", members))
