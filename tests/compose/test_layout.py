import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from layouts import runs_first

import keras_residual as kr
from keras_residual.compose import layout
from keras_residual.transforms.accelerate.comparing import samples
from keras_residual.transforms.proof import prove
from keras_residual.transforms.rewire.scoring import accuracy

NAMES = [f"Conv{n}D{kind}" for n in (1, 2, 3) for kind in ("", "Transpose")]
CONTRACTS = Path(__file__).parents[1] / "contracts"
FIRST = {"data_format": "channels_first"}


@pytest.fixture
def channels_last_only(monkeypatch):
    """A machine that convolves channels-last only, wherever this runs."""
    monkeypatch.setattr(layout, "convolves", lambda *_: False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_of_a_layer_is_what_it_does(name, dtype):
    if keras.backend.backend() == "jax" and dtype == "float64":
        pytest.skip("JAX has no float64 unless it is started with jax_enable_x64")
    layer = getattr(keras.layers, name)(1, 2, dtype=dtype, **FIRST)
    assert layout.runs(layer) == runs_first(name, dtype)


def test_the_backend_is_asked_once(monkeypatch):
    asked = []
    monkeypatch.setattr(keras.ops, "conv", lambda *_, **__: asked.append(1))
    layout.convolves.cache_clear()
    layers = [keras.layers.Conv2D(1, n, **FIRST) for n in (1, 2, 3)]
    assert all(map(layout.runs, layers))
    layout.convolves.cache_clear()
    assert len(asked) == 1


class TestAMachineThatConvolvesChannelsLastOnly:
    pytestmark = pytest.mark.usefixtures("channels_last_only")

    def test_refuses_a_model(self):
        keras.config.set_image_data_format("channels_first")
        with pytest.raises(ValueError, match=r'^Block "stem": .*"stem_conv1" cannot'):
            kr.models.build("resnet20")

    def test_refuses_a_part_in_that_format(self):
        with pytest.raises(ValueError, match=r"Write:   keras\.config\.set_image"):
            kr.conv(4, 3, **FIRST)(keras.Input((3, 8, 8)))

    def test_says_so_of_the_models_of_others(self):
        x = keras.Input((3, 4, 4))
        hidden = keras.Sequential([keras.layers.Conv2D(3, 1, name="c", **FIRST)])
        model = keras.Model(x, keras.layers.Add()([x, hidden(x)]))
        data = np.zeros((2, 3, 4, 4))
        tries = (
            lambda: prove(model, model),
            lambda: prove(model, model, inputs=data),
            lambda: prove(keras.Model(x, keras.layers.ReLU()(x)), model, inputs=data),
            lambda: kr.measure(model, data),
            lambda: samples(model, None, None, trains=False),
            lambda: accuracy(model, (data, np.zeros(2))),
        )
        for attempt in tries:
            with pytest.raises(ValueError, match='convolution "c" cannot be run here'):
                attempt()

    def test_knows_what_wraps_a_convolution(self):
        layers = keras.layers
        for kind in (
            layers.TimeDistributed(layers.Conv2D(1, 1, **FIRST)),
            layers.ConvLSTM2D(1, 1, **FIRST),
            layers.Bidirectional(layers.ConvLSTM1D(1, 1, **FIRST)),
        ):
            with pytest.raises(ValueError, match="cannot be run here"):
                layout.need_layout(kind, "Model")

    def test_builds_all_else(self):
        keras.config.set_image_data_format("channels_first")
        x = keras.Input((4, 8, 8))
        kr.Residual([kr.depthwise(3), kr.norm(), kr.conv(4, groups=2)])(x)
        keras.config.set_image_data_format("channels_last")
        assert kr.models.build("resnet8").output_shape == (None, 10)


def test_float64_is_not_sent_to_onednn(channels_last_only):
    with pytest.raises(ValueError, match="float64") as refused:
        kr.conv(4, 3, dtype="float64", **FIRST)(keras.Input((3, 8, 8)))
    assert "ONEDNN" not in str(refused.value)


@pytest.mark.skipif(runs_first(), reason="they compute in the tests' own process")
def test_channels_first_computes_the_same_with_onednn():
    """Where TensorFlow leaves oneDNN out, some of them in a process apart."""
    which = "test_channels_first_computes_the_same and (basic or depthwise or pool)"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", CONTRACTS, "-k", which],
        env=os.environ | {"TF_ENABLE_ONEDNN_OPTS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "passed" in done.stdout
