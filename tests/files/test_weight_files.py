"""Weights go into the layers whose names they bear, or nothing is loaded at all."""

import os
import subprocess
import sys

import keras
import pytest
from safetensors.numpy import load_file
from yardstick import WATCHDOG

import keras_residual as kr

from .named_networks import held, network, same, saved, zeroed

__all__ = ["saved"]  # a fixture

pytestmark = pytest.mark.filterwarnings("ignore:.*holds no digest")


@pytest.mark.parametrize("suffix", [".safetensors", ".weights.h5"])
def test_what_is_saved_is_loaded(saved, suffix):
    model, path = saved
    other = zeroed(network("left", "right"))
    loaded = kr.load_weights(other, path.with_suffix(suffix))
    assert same(held(other), held(model))
    assert set(loaded.loaded) == held(model).keys()
    assert loaded.verified == (suffix == ".safetensors")
    assert loaded.missing == loaded.unexpected == loaded.different == ()


def test_anybody_can_read_it(saved):
    model, path = saved
    assert same(load_file(path), held(model))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
@pytest.mark.parametrize("suffix", [".safetensors", ".weights.h5"])
def test_every_type_is_kept_to_the_bit(tmp_path, dtype, suffix):
    if dtype == "float64" and keras.backend.backend() == "jax":
        pytest.skip("JAX has it only where it was switched on")
    model, path = network("only", dtype=dtype), tmp_path / f"x{suffix}"
    (kr.save_weights if suffix == ".safetensors" else keras.Model.save_weights)(
        model, path
    )
    other = zeroed(network("only", dtype=dtype))
    kr.load_weights(other, path)
    assert same(held(other), held(model))


class Odd(keras.layers.Layer):
    def build(self, shape):
        self.whole = self.add_weight(
            shape=(), dtype="int32", name="whole", trainable=False
        )
        self.truth = self.add_weight(
            shape=(3,),
            dtype="bool",
            name="truth",
            initializer="zeros",
            trainable=False,
        )
        self.none = self.add_weight(shape=(0, 2), name="none")

    def call(self, x):
        return x


def test_scalars_truths_and_nothing(tmp_path):
    def odd():
        return keras.Sequential([keras.Input((2,)), Odd(name="odd")])

    model, other = odd(), odd()
    model.layers[0].whole.assign(7)
    model.layers[0].truth.assign([True, False, True])
    kr.save_weights(model, tmp_path / "odd.safetensors")
    kr.load_weights(other, tmp_path / "odd.safetensors")
    assert same(held(other), held(model))
    assert held(other)["odd/whole"] == 7


WRITER = """
import sys, keras, numpy as np, keras_residual as kr
inputs = keras.Input((4,))
x = keras.layers.Dense(3, name="a", dtype="bfloat16")(inputs)
model = keras.Model(inputs, keras.layers.BatchNormalization(name="b")(x))
for at, w in enumerate(model.weights):
    w.assign(np.random.default_rng(at).uniform(size=w.shape).astype("float32"))
{}
"""


def test_one_backend_reads_what_another_wrote(tmp_path):
    """Another backend's process writes; this one reads, and writes the same bytes."""
    here = keras.backend.backend()
    other = "torch" if here != "torch" else "jax"
    path = tmp_path / "theirs.safetensors"
    program = WRITER.format("kr.save_weights(model, sys.argv[1])")
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        env={**os.environ, "KERAS_BACKEND": other},
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
    )
    if "No module named" in done.stderr:
        pytest.skip(f"{other} is not installed")
    assert done.returncode == 0, done.stderr
    names: dict = {}
    exec(WRITER.format(""), names)  # noqa: S102  the same lines, here
    model = names["model"]
    kr.save_weights(model, tmp_path / "ours.safetensors")
    assert path.read_bytes() == (tmp_path / "ours.safetensors").read_bytes()
    before = held(model)
    kr.load_weights(zeroed(model), path)
    assert same(held(model), before)
