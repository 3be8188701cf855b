import os
import subprocess
import sys

import keras
import pytest
from files.export.zoo import must_be_installed
from keras import layers

from keras_residual.cli.export import FORMATS
from keras_residual.files.export import formats


@pytest.fixture
def file(tmp_path):
    inputs = keras.Input((8, 8, 3), name="x")
    x = layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs))
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)), name="small")
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def skip_without(name):
    (one,) = (each for each in formats.FORMATS if each.name == name)
    must_be_installed(one.packages["tensorflow"])


def runtime(path):
    import onnxruntime

    return onnxruntime.InferenceSession(path)


def test_the_formats_are_those_of_the_library():
    known = {one.name: (one.suffix, tuple(one.packages)) for one in formats.FORMATS}
    assert known == FORMATS


def test_a_file_is_written_in_every_format(command, file):
    for one in formats.FORMATS:
        if keras.config.backend() not in one.packages:
            code, _, errors = command("export", file, "--format", one.name)
            assert code == 2
            assert "--backend tensorflow" in errors
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
        (["--out", "nowhere/model.onnx"], "Write:   --out model.onnx"),
        (["--out", "."], "--out model.onnx"),
        (["--backend", "torch", "--format", "litert"], "--backend tensorflow"),
        (["--backend", "theano"], "tensorflow, jax or torch"),
    ],
)
def test_what_cannot_be_done_is_said(command, file, words, said):
    code, _, errors = command("export", file, *words)
    assert code == 2
    assert said in errors
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("name", ["model.onnx", "model.xml", "model.bin"])
def test_what_exists_is_said_before_the_work(command, file, name):
    there = file.with_name(name)
    there.write_text("mine")
    words = ["--format", "onnx" if name == "model.onnx" else "openvino"]
    code, _, errors = command("export", file, *words)
    assert code == 2
    assert f"{there} exists" in errors
    other = "model-2.onnx" if name == "model.onnx" else "model-2.xml"
    assert f"--out {file.with_name(other)}" in errors
    assert there.read_text() == "mine"


def test_advice_is_about_options(command, file):
    skip_without("onnx")
    code, _, errors = command("export", file, "--tolerance", "1e-12")
    assert code == 2
    assert "Write:   --tolerance " in errors


def test_a_file_for_some_samples(command, file):
    skip_without("onnx")
    code, output, errors = command("export", file, "--batch-size", "3")
    assert code == 0, errors
    assert "3 samples   Keras" in output
    path = file.with_name("model.onnx")
    assert runtime(path).get_inputs()[0].shape == [3, 8, 8, 3]


def test_samples_that_do_not_fit_are_said(command, tmp_path):
    skip_without("onnx")
    inputs = keras.Input(batch_shape=(2, 4))
    model = keras.Model(inputs, layers.Dense(2)(inputs), name="two")
    model.save(tmp_path / "two.keras")
    code, _, errors = command("export", tmp_path / "two.keras", "--batch-size", "3")
    assert code == 2
    assert "given  batches of 3; it takes 2 samples" in errors
    assert "Write:   --batch-size 2" in errors


def test_a_place_that_takes_no_file_is_said(command, file):
    skip_without("onnx")
    code, _, errors = command("export", file, "--out", "/proc/x.onnx")
    assert code == 2
    assert "given  --out /proc/x.onnx: " in errors
    assert "Write:   --out x.onnx" in errors


def test_dots_in_the_name_are_no_suffix_of_a_savedmodel(command, file):
    """On PyTorch it is the backend that is refused, and not the name."""
    named = file.rename(file.with_name("net.v1.keras"))
    code, _, errors = command("export", named, "--format", "savedmodel")
    if keras.config.backend() == "torch":
        assert "--backend tensorflow" in errors
        return
    skip_without("savedmodel")
    assert code == 0, errors
    assert file.with_name("net-v1-savedmodel").is_dir()


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
