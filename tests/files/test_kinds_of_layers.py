"""What Keras's own classes describe without code opens, after the same checks."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .artifacts import (
    layer,
    read,
    small_members,
    small_model,
    with_config,
    with_weights,
    write,
)

X = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")


def dense() -> keras.Model:
    inputs = keras.Input((8,))
    x = layers.Dense(6, activation="relu", name="first")(inputs)
    return keras.Model(inputs, layers.Dense(4, name="second")(x))


def quantized(mode: str) -> keras.Model:
    model = dense()
    model.quantize(mode)
    return model


def adapted() -> keras.Model:
    model = dense()
    model.get_layer("first").enable_lora(2)
    rank = model.get_layer("first").lora_kernel_b
    rank.assign(np.ones(rank.shape))
    return model


def embedded() -> keras.Model:
    inputs = keras.Input((None,))
    looked_up = layers.Embedding(30, 4, name="words")
    outputs = looked_up(layers.Discretization(bin_boundaries=[-1.0, 0.0, 1.0])(inputs))
    model = keras.Model(inputs, outputs)
    looked_up.enable_lora(3)
    return model


def mixed_by_fourier() -> keras.Model:
    inputs = keras.Input((8,))
    tokens = layers.Reshape((2, 4))(inputs)
    mixed, _ = keras.ops.fft2((tokens, keras.ops.zeros_like(tokens)))
    return keras.Model(inputs, layers.Add()([tokens, mixed]))


MODELS = {
    "FNet": mixed_by_fourier,
    "int8": lambda: quantized("int8"),
    "int4": lambda: quantized("int4"),
    "LoRA": adapted,
    "LoRA of an embedding": embedded,
}


def same(model, path, x=X):
    model.save(path)
    opened = kr.open_model(path)
    expected, found = (keras.ops.convert_to_numpy(m(x)) for m in (model, opened))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:Layer InputLayer does not have")
@pytest.mark.parametrize("name", MODELS)
def test_what_holds_no_code_opens(name, tmp_path):
    same(MODELS[name](), tmp_path / "model.keras")


def words() -> keras.Model:
    looked_up = layers.TextVectorization(output_mode="tf_idf")
    looked_up.adapt(np.array(["a b", "b c d"]))
    inputs = keras.Input((1,), dtype="string")
    return keras.Model(inputs, layers.Dense(2)(looked_up(inputs)))


@pytest.fixture
def vocabulary(tmp_path) -> dict[str, bytes]:
    """The members of a file with words in it."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("strings are TensorFlow's")
    words().save(tmp_path / "words.keras")
    return read(tmp_path / "words.keras")


def test_words_in_the_file_are_read(tmp_path, vocabulary):
    tf = pytest.importorskip("tensorflow")
    same(words(), tmp_path / "model.keras", tf.constant([["a b"], ["d e"]]))
    assert sum("vocabulary.txt" in name for name in vocabulary) == 2


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("assets/../vocabulary.txt", b"a", "members"),
        ("/assets/a/vocabulary.txt", b"a", "members"),
        ("assets/a/other.txt", b"a", "members"),
        ("assets/a/vocabulary.txt", b"\xff", "damaged"),
        ("assets/a/vocabulary.txt", b"\n" * (10**6 + 1), "words"),
    ],
)
def test_other_members_and_more_words_are_refused(tmp_path, name, data, said):
    members = {**small_members(tmp_path), name: data}
    with pytest.raises(ValueError, match=said):
        kr.open_model(write(tmp_path / "bad.keras", members))


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("StringLookup", {"vocabulary": "/etc/passwd"}, "path of another file"),
        ("IntegerLookup", {"vocabulary": "secret"}, "path of another file"),
        ("TextVectorization", {"vocabulary": "gs://x"}, "path of another file"),
        ("TextVectorization", {"standardize": {}}, "a function"),
        ("StringLookup", {"num_oov_indices": 10**9}, "more than"),
        ("Dense", {"units": 4, "lora_rank": 5}, "wide"),
        ("Dense", {"units": 4, "lora_rank": [1]}, "wide"),
        ("EinsumDense", {"equation": "ab,bc->ac", "lora_rank": 10**9}, "wide"),
        ("Normalization", {"axis": -1, "mean": [0] * 4, "variance": [-1.0]}, "zero"),
    ],
)
def test_a_setting_that_reads_or_takes_more_is_refused(tmp_path, name, settings, said):
    def change(config):
        item = layer(config, "branch")
        item["class_name"], item["config"] = name, {"name": "branch", **settings}

    members = with_config(small_members(tmp_path), change)
    with pytest.raises(ValueError, match=f"{name}.*{said}"):
        kr.open_model(write(tmp_path / "bad.keras", members))


@pytest.mark.parametrize("dtype", ["float64", "int8", "uint64", "float16"])
@pytest.mark.parametrize("compiled", [False, True])
def test_an_array_of_another_type_than_its_weight_is_named(tmp_path, dtype, compiled):
    """Also where the optimizer holds an array of the right shape and type."""
    model = small_model()
    if compiled:
        model.compile("adam", "mse")
        model.fit(np.zeros((2, 4)), np.zeros((2, 4)), verbose=0)
    model.save(tmp_path / "model.keras")

    def change(file):
        values = file["layers/dense/vars/0"][()].astype(dtype)
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = values

    members = with_weights(read(tmp_path / "model.keras"), change)
    with pytest.raises(ValueError, match=rf"layers/dense/vars/0.*{dtype}"):
        kr.open_model(write(tmp_path / "bad.keras", members))


def test_a_variance_below_zero_is_named(tmp_path):
    model = small_model()
    model.get_layer("norm").moving_variance.assign([1.0, -1.0, 1.0, 1.0])
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match=r"norm/moving_variance.*-1"):
        kr.open_model(tmp_path / "model.keras")
    kr.open_model(tmp_path / "model.keras", allow_not_finite=True)


def test_two_arrays_in_each_other_s_place_are_named(tmp_path):
    """Counted, nothing is wrong: a float16 and a float32 kernel are there."""
    inputs = keras.Input((4,))
    first = layers.Dense(4, use_bias=False)
    second = layers.Dense(4, use_bias=False, dtype="float16")
    keras.Model(inputs, second(first(inputs))).save(tmp_path / "model.keras")
    kr.open_model(tmp_path / "model.keras")

    def swap(file):
        file.move("layers/dense/vars/0", "spare")
        file.move("layers/dense_1/vars/0", "layers/dense/vars/0")
        file.move("spare", "layers/dense_1/vars/0")

    members = with_weights(read(tmp_path / "model.keras"), swap)
    with pytest.raises(ValueError, match="another type than its variable"):
        kr.open_model(write(tmp_path / "bad.keras", members))
