"""What does not fit is named, and nothing of it is loaded."""

import functools
import json
import warnings

import h5py
import keras
import numpy as np
import pytest
from safetensors.numpy import save_file

import keras_residual as kr
from keras_residual.files import tensors
from keras_residual.files.errors import MissingFileError, RefusedError

from .named_networks import held, network, same, saved, zeroed

__all__ = ["saved"]  # a fixture

pytestmark = pytest.mark.filterwarnings("ignore:.*holds no digest")


def refused(model: keras.Model, path, match: str, **options) -> str:
    before = held(model)
    with pytest.raises(RefusedError, match=match) as caught:
        kr.load_weights(model, path, **options)
    assert same(held(model), before)
    assert str(caught.value).startswith(f"Weights file {path}: ")
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".safetensors", ".weights.h5"])
def test_other_names_are_named(saved, suffix):
    path = saved[1].with_suffix(suffix)
    text = refused(network("left", "wrong"), path, "are not those of this model")
    assert "wrong" in text
    assert "right" in text


@pytest.mark.parametrize("suffix", [".safetensors", ".weights.h5"])
def test_another_shape_is_named(saved, suffix):
    path = saved[1].with_suffix(suffix)
    text = refused(network("left", "right", units=5), path, "of another shape")
    assert "head/" in text
    assert "(4, 5)" in text


@pytest.mark.parametrize("suffix", [".safetensors", ".weights.h5"])
def test_another_type_is_named(saved, suffix):
    path = saved[1].with_suffix(suffix)
    model = network("left", "right", dtype="float16")
    text = refused(model, path, "shape or type")
    assert "float16" in text


@pytest.mark.parametrize("suffix", [".safetensors", ".weights.h5"])
def test_layers_that_changed_places_keep_their_weights(saved, suffix):
    """By position, as Keras loads them, each would get the other's."""
    model, path = saved
    swapped = zeroed(network("right", "left"))
    kr.load_weights(swapped, path.with_suffix(suffix))
    wanted = held(model)
    assert all(np.array_equal(v, wanted[k]) for k, v in held(swapped).items())


def automatic(*, backwards: bool) -> keras.Model:
    """Two layers that Keras names, made in the order of the graph or against it."""
    keras.utils.clear_session()
    two = [keras.layers.Dense(4), keras.layers.Dense(4)]
    inputs = keras.Input((4,))
    first, second = reversed(two) if backwards else two
    return keras.Model(inputs, second(first(inputs)))


@pytest.mark.parametrize("suffix", [".safetensors", ".weights.h5"])
def test_names_of_keras_that_changed_places_are_refused(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    model = automatic(backwards=False)
    (kr.save_weights if suffix == ".safetensors" else keras.Model.save_weights)(
        model, path
    )
    text = refused(automatic(backwards=True), path, "change places")
    assert "keras.utils.clear_session()" in text
    other = zeroed(automatic(backwards=False))
    kr.load_weights(other, path)
    assert same(held(other), held(model))


def test_numbers_that_went_on_are_no_other_names_to_h5(tmp_path):
    """dense and dense_1 there, dense_2 and dense_3 here: the order tells."""
    model = automatic(backwards=False)
    model.save_weights(tmp_path / "x.weights.h5")
    inputs = keras.Input((4,))
    x = keras.layers.Dense(4)(inputs)
    later = zeroed(keras.Model(inputs, keras.layers.Dense(4)(x)))
    kr.load_weights(later, tmp_path / "x.weights.h5")
    assert all(map(np.array_equal, held(later).values(), held(model).values()))
    kr.save_weights(model, tmp_path / "x.safetensors")
    text = refused(later, tmp_path / "x.safetensors", "not those of this model")
    assert "clear_session" in text


def test_a_file_without_names_is_read_only_where_it_is_clear(saved, tmp_path):
    """Keras before 3.8 wrote no names."""

    def unnamed(model, path):
        model.save_weights(path)
        with h5py.File(path, "r+") as file:
            groups: list = []
            file.visititems(lambda _, item: groups.append(item))
            for item in groups:
                for key in list(item.attrs):
                    del item.attrs[key]

    path = tmp_path / "unclear.weights.h5"
    unnamed(saved[0], path)
    refused(network("left", "right"), path, "which layer is which")
    path = tmp_path / "clear.weights.h5"
    unnamed(network("only", units=5), path)
    other = zeroed(network("other", units=5))
    kr.load_weights(other, path)
    assert same(
        dict(enumerate(held(other).values())),
        dict(enumerate(held(network("only", units=5)).values())),
    )


def test_a_trained_models_optimizer_is_left_alone(saved, tmp_path):
    model = network("left", "right")
    model.compile("adam", "mse")
    model.fit(np.ones((2, 4)), np.ones((2, 4)), verbose=0)
    model.save_weights(tmp_path / "trained.weights.h5")
    other = network("left", "right")
    kr.load_weights(other, tmp_path / "trained.weights.h5")
    assert same(held(other), held(model))


# A part of it


def test_what_fits_is_loaded_and_the_rest_is_said(saved):
    model, path = saved
    other = zeroed(network("left", units=5))
    loaded = kr.load_weights(other, path, partial=True)
    assert loaded.missing == ()
    assert loaded.different == ("head/kernel", "head/bias")
    assert set(loaded.unexpected) == {"right/kernel", "right/bias"}
    assert np.array_equal(held(other)["left/kernel"], held(model)["left/kernel"])
    assert not held(other)["head/kernel"].any()


def test_a_part_that_is_nothing_is_refused(saved):
    keras.utils.clear_session()
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(2, name="new")(inputs))
    refused(model, saved[1], "nothing in it fits", partial=True)


def test_a_part_by_names_of_keras_is_refused(tmp_path):
    kr.save_weights(automatic(backwards=False), tmp_path / "x.safetensors")
    keras.utils.clear_session()
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(4)(inputs))
    refused(model, tmp_path / "x.safetensors", "another order", partial=True)


def test_no_part_of_a_file_that_goes_by_position(saved):
    path = saved[1].with_suffix(".weights.h5")
    refused(network("left", "right"), path, "by position", partial=True)


# Files that are not what they seem


def test_not_finite_is_neither_written_nor_loaded(saved, tmp_path):
    model = network("left", "right")
    path = tmp_path / "x.safetensors"
    kr.save_weights(model, path)
    good = path.read_bytes()
    model.get_layer("norm").moving_variance.assign([1, np.inf, 1, 1])
    with pytest.raises(RefusedError, match=r"not written: a weight is not finite"):
        kr.save_weights(model, path)
    assert path.read_bytes() == good
    model.save_weights(tmp_path / "x.weights.h5")
    kr.save_weights(model, path, allow_not_finite=True)
    for file in (path, tmp_path / "x.weights.h5"):
        refused(network("left", "right"), file, "not finite")
        other = network("left", "right")
        kr.load_weights(other, file, allow_not_finite=True)
        assert same(held(other), held(model))


def test_a_file_without_a_digest_is_told(saved, tmp_path):
    model, _ = saved
    save_file(held(model), tmp_path / "theirs.safetensors")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="holds no digest"):
            kr.load_weights(network("left", "right"), tmp_path / "theirs.safetensors")


def test_other_kinds_of_files_are_named(saved, tmp_path):
    model, _ = saved
    model.save(tmp_path / "x.keras")
    refused(network("left", "right"), tmp_path / "x.keras", "no file of weights")
    (tmp_path / "text").write_text("hello, there are no weights here")
    refused(network("left", "right"), tmp_path / "text", "no safetensors file")
    with pytest.raises(MissingFileError, match=r"a \.safetensors file"):
        kr.load_weights(model, tmp_path / "nowhere.safetensors")


def test_a_path_may_begin_with_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    model = network("left", "right")
    kr.save_weights(model, "~/a.safetensors")
    assert kr.load_weights(model, "~/a.safetensors").verified
    model.save(tmp_path / "a.keras")
    for open_one in (kr.open_model, kr.load_model):
        assert same(held(open_one("~/a.keras")), held(model))


def test_two_of_one_name_are_refused():
    def twin():
        inner = keras.Input((4,))
        return keras.Model(inner, keras.layers.Dense(4, name="dense")(inner))

    inputs = keras.Input((4,))
    a, b = twin(), twin()
    a.name, b.name = "a", "b"
    model = keras.Model(inputs, b(a(inputs)))
    with pytest.raises(kr.ResidualError, match="dense/kernel") as caught:
        kr.save_weights(model, "x.safetensors")
    assert "two weights have one name" in str(caught.value)


def test_a_model_without_weights_is_told():
    with pytest.raises(kr.ResidualError, match=r"model\.build"):
        kr.save_weights(keras.Sequential([keras.layers.Dense(2)]), "x.safetensors")
    with pytest.raises(kr.ResidualError, match=r"x\.safetensors"):
        kr.save_weights(network("a"), "x.weights.h5")


def test_names_in_a_file_give_no_orders(saved, tmp_path):
    arrays = {"\x1b[2J\nWrite: rm": np.zeros(2, "float32")}
    path = tmp_path / "x.safetensors"
    tensors.write(path, arrays, {"automatic_names": json.dumps(["\x1b[2J"])})
    text = refused(network("left"), path, "not those")
    assert "\x1b" not in text
    assert len(text.split("\n")) == 5


@pytest.mark.parametrize("name", ["x.weights.h5", "x.keras", "x.h5"])
def test_an_unsafe_library_reads_nothing(saved, tmp_path, monkeypatch, name):
    model, path = saved[0], tmp_path / name
    (model.save_weights if ".weights" in name else model.save)(path)
    monkeypatch.setattr(h5py.version, "hdf5_version_tuple", (1, 14, 3))
    opener = kr.open_model
    if ".weights" in name:
        opener = functools.partial(kr.load_weights, model)
    with pytest.raises(RefusedError, match="pip install --upgrade h5py"):
        opener(path)
