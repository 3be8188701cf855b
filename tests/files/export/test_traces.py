"""An export leaves no trace but its file: no noise, no settings, no changed model."""

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_residual as kr

from .zoo import BARS, MODELS, needs


def settings():
    """What a converter might change for the whole process."""
    found = {
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "logging": (logging.root.level, logging.root.manager.disable),
        "warnings": list(warnings.filters),
        "errors": np.geterr(),
        "recursion": sys.getrecursionlimit(),
        "policy": keras.config.dtype_policy().name,
        "streams": (sys.stdout, sys.stderr),
    }
    if jax := sys.modules.get("jax"):
        found["jax"] = (jax.config.jax_enable_x64, jax.config.jax_platforms)
    if (torch := sys.modules.get("torch")) and hasattr(torch, "get_num_threads"):
        found["torch"] = (torch.get_num_threads(), torch.is_grad_enabled())
    return found


@pytest.mark.parametrize("suffix", BARS)
def test_nothing_is_printed_and_nothing_is_set(suffix, tmp_path, capfd):
    needs(suffix)
    model = MODELS["layer scale"]()
    kr.export(model, tmp_path / f"first{suffix}")  # imports what it needs
    before, weights = settings(), [np.array(w) for w in model.get_weights()]
    config, flags = model.get_config(), [w.trainable for w in model.weights]
    capfd.readouterr()
    kr.export(model, tmp_path / f"second{suffix}")
    assert capfd.readouterr() == ("", "")
    assert settings() == before
    assert (config, flags) == (
        model.get_config(),
        [w.trainable for w in model.weights],
    )
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert not any("call" in vars(layer) for layer in model.layers)


@pytest.mark.parametrize("suffix", BARS)
def test_the_file_tells_nothing_of_the_machine(suffix, tmp_path):
    needs(suffix)
    made = kr.export(MODELS["tabular"](), tmp_path / f"model{suffix}").path
    files = [made, made.with_suffix(".bin"), *made.rglob("*")]
    places = [tmp_path, Path.home(), Path(__file__).parents[3]]
    told = [
        (file.name, place)
        for file in filter(Path.is_file, files)
        for place in places
        if str(place).encode() in file.read_bytes()
    ]
    assert told == []


TOLD = """
import os
import sys

out = os.dup(1)  # an export is quiet

def note(event, given):
    if event in ("os.fork", "socket.connect", "socket.getaddrinfo"):
        os.write(out, event.encode())

sys.addaudithook(note)
import keras
import keras_residual as kr

inputs = keras.Input((4,))
model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
kr.export(model, sys.argv[1])
"""


def test_nobody_is_told(tmp_path):
    """OpenVINO reports each import to Google Analytics, if one lets it."""
    needs(".xml")
    path = tmp_path / "model.xml"
    words = [sys.executable, "-c", TOLD, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert path.exists()
    assert done.stdout == ""


def test_the_report(tmp_path):
    needs(".onnx")
    done = kr.export(MODELS["basic"](), tmp_path / "model.onnx")
    assert done.size == done.path.stat().st_size
    assert done.format == "onnx"
    assert done.keras_ms > 0
    assert done.runtime_ms > 0
    lines = str(done).splitlines()
    assert lines[0].startswith("ONNX Runtime ")
    assert "computes what Keras does, to" in lines[0]
    assert f"{len(done.changes)} changes" in str(done)
