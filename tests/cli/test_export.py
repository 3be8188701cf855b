import os
import subprocess
import sys

import keras
import pytest
from keras import layers

from keras_residual.cli.export import FORMATS
from keras_residual.store.export import formats


@pytest.fixture
def file(tmp_path):
    inputs = keras.Input((8, 8, 3), name="x")
    x = layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs))
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)), name="small")
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def skip_without(name):
    (one,) = (each for each in formats.FORMATS if each.name == name)
    for package in one.packages["tensorflow"]:
        pytest.importorskip(
            package, reason=f"{package} is not installed; BACKEND=all installs it"
        )


def test_the_formats_are_those_of_the_library():
    known = {one.name: (one.suffix, tuple(one.packages)) for one in formats.FORMATS}
    assert known == FORMATS


def test_a_file_is_written_in_every_format(command, file):
    for one in formats.FORMATS:
        if keras.config.backend() not in one.packages:
            code, _, errors = command("export", file, "--format", one.name)
            assert code == 2
            assert "KERAS_BACKEND=tensorflow" in errors
            continue
        skip_without(one.name)
        code, output, errors = command("export", file, "--format", one.name)
        assert code == 0, errors
        assert "computes what Keras does, to" in output
        out = file.with_name("model" + (one.suffix or "-savedmodel"))
        assert str(out) in "".join(output.split("\n"))
        assert out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "onx"], "--format onnx"),
        (["--out", "model.xml"], "--out model.onnx"),
        (["--out", "nowhere/model.onnx"], "it has no folder"),
        (["--backend", "theano"], "tensorflow, jax or torch"),
    ],
)
def test_what_cannot_be_done_is_said(command, file, words, said):
    code, _, errors = command("export", file, *words)
    assert code == 2
    assert said in errors
    assert list(file.parent.iterdir()) == [file]


def test_a_backend_that_writes_the_format_is_taken(file, tmp_path):
    """Keras is set up for PyTorch, and nobody asks for it in this command."""
    skip_without("litert")
    pytest.importorskip("torch", reason="it is about two backends that are installed")
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "keras_residual.cli.main", "export"),
            *(str(file), "--format", "litert"),
        ],
        env={**environment, "KERAS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = "torch does not write litert; computing with tensorflow."
    assert done.stderr.strip() == said
    assert (tmp_path / "model.tflite").exists()
