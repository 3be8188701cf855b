"""What is not written, what is said of it, and that nothing is left behind."""

import keras
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.files.export import formats

from .zoo import BARS, MODELS, needs


@pytest.fixture
def model():
    return MODELS["tabular"]()


@pytest.fixture
def ready():
    needs(".onnx")


def refusal(model, path, error=ValueError, **options):
    """Returns the message, once nothing has changed on the disk."""
    before = sorted(path.parent.glob("*"))
    with pytest.raises(error) as found:
        kr.export(model, path, **options)
    assert sorted(path.parent.glob("*")) == before
    message = str(found.value)
    assert "\n  " in message
    return message


def test_an_unknown_suffix(model, tmp_path):
    message = refusal(model, tmp_path / "model.pb")
    assert "model.onnx" in message
    assert "no suffix (savedmodel)" in message


@pytest.mark.parametrize("suffix", BARS)
def test_a_file_that_exists_is_not_written_over(suffix, model, tmp_path):
    path = tmp_path / f"model{suffix}"
    path.write_text("mine")
    assert f"model-2{suffix}" in refusal(model, path)
    assert path.read_text() == "mine"


def test_weights_that_exist_are_not_written_over(model, tmp_path):
    (tmp_path / "model.bin").write_text("mine")
    assert "model.bin exists" in refusal(model, tmp_path / "model.xml")


def test_a_folder_that_does_not_exist(model, tmp_path):
    assert "no folder" in refusal(model, tmp_path / "nowhere" / "model.onnx")


@pytest.mark.parametrize("path", [".", "/"])
def test_a_folder_without_a_name_exists(path, model):
    with pytest.raises(ValueError, match=r"exists\n(.|\n)*model-2"):
        kr.export(model, path)


@pytest.mark.parametrize("one", formats.FORMATS, ids=lambda one: one.name)
def test_a_backend_that_does_not_write_it(one, model, tmp_path):
    if keras.config.backend() in one.packages:
        pytest.skip(f"Keras writes {one.name} on {keras.config.backend()}")
    message = refusal(model, tmp_path / f"model{one.suffix}")
    assert "KERAS_BACKEND=tensorflow in front of the command" in message


def test_a_package_that_is_missing(model, tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    message = refusal(model, tmp_path / "model.onnx", ImportError)
    assert 'pip install "keras-residual[export]"' in message


def test_what_is_no_model(tmp_path, ready):
    refusal(
        keras.Function(x := keras.Input((2,)), x * 2), tmp_path / "a.onnx", TypeError
    )


def test_a_model_without_a_graph(tmp_path, ready):
    class Own(keras.Model):
        def call(self, x):
            return x

    model = Own()
    model(keras.ops.ones((1, 2)))
    refusal(model, tmp_path / "a.onnx")


def test_an_operation_that_no_converter_knows(tmp_path, ready):
    inputs = keras.Input((8, 8))
    real, _ = keras.ops.fft2((inputs, keras.ops.zeros_like(inputs)))
    model = keras.Model(inputs, layers.Add()([inputs, real]), name="fourier")
    message = refusal(model, tmp_path / "a.onnx")
    assert message.startswith('Model "fourier": ')
    assert "It said: " in message


def test_weights_of_another_model_are_noticed(model, tmp_path, monkeypatch, ready):
    """The converter writes a file that is in order, and wrong in one weight."""
    right = keras.Model.export

    def wrong(self, *words, **options):
        kernel = self.weights[-2]
        kernel.assign(kernel * 1.001)
        return right(self, *words, **options)

    monkeypatch.setattr(keras.Model, "export", wrong)
    message = refusal(model, tmp_path / "a.onnx")
    assert "ONNX Runtime" in message
    assert "computes something else" in message
    assert "of scale" in message


@pytest.mark.parametrize("error", [OSError(28, "No space left"), MemoryError()])
def test_a_full_machine_is_not_the_converters(error, model, tmp_path, monkeypatch):
    def full(self, *words, **options):
        raise error

    needs(".onnx")
    monkeypatch.setattr(keras.Model, "export", full)
    with pytest.raises(type(error)) as found:
        kr.export(model, tmp_path / "a.onnx")
    assert found.value is error
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_cut_off_is_noticed(model, tmp_path, monkeypatch, ready):
    import onnx

    def cut(proto, path):
        data = proto.SerializeToString()
        path.write_bytes(data[: len(data) // 2])

    monkeypatch.setattr(onnx, "save", cut)
    assert "its runtime does not run the file" in refusal(model, tmp_path / "a.onnx")


def test_a_tolerance_that_rounding_exceeds(model, tmp_path, ready):
    assert "tolerance" in refusal(model, tmp_path / "a.onnx", tolerance=1e-12)


def test_a_stop_leaves_nothing_behind(model, tmp_path, monkeypatch, ready):
    def stop(self, path, **options):
        path.write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, "export", stop)
    with pytest.raises(KeyboardInterrupt):
        kr.export(model, tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())
