"""Files of older versions of Keras 3: the same outputs, or a refusal."""

import json

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr

from .artifacts import CONFIG, METADATA, Members, read, with_config, write


def members_of(model: keras.Model, folder, version: str, change) -> Members:
    """Returns what an older Keras would have written."""
    model.save(folder / "new.keras")
    members = with_config(read(folder / "new.keras"), change)
    written = {**json.loads(members[METADATA]), "keras_version": version}
    return {**members, METADATA: json.dumps(written).encode()}


def entry(config: dict, name: str) -> dict:
    return next(x for x in config["config"]["layers"] if x["config"]["name"] == name)


def on_pictures(layer: keras.layers.Layer) -> keras.Model:
    inputs = keras.Input((6, 6, 1))
    return keras.Model(inputs, layers.Flatten()(layer(inputs)))


def test_a_setting_that_nothing_looked_at_is_left_out(tmp_path):
    """Keras 3.0 to 3.5 wrote it; later ones take it for an error."""

    def older(config):
        entry(config, "turn")["config"]["value_range"] = [0, 255]

    model = on_pictures(layers.RandomRotation(0.1, name="turn"))
    old = write(tmp_path / "old.keras", members_of(model, tmp_path, "3.4.1", older))
    values = np.random.default_rng(0).normal(size=(2, 6, 6, 1)).astype("float32")
    found = kr.open_model(old)(values, training=False)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(found), values.reshape(2, 36)
    )


@pytest.mark.parametrize(("version", "opens"), [("3.5.0", False), ("3.6.0", True)])
def test_a_crop_that_resized_in_inference_is_refused(tmp_path, version, opens):
    inputs = keras.Input((6, 6, 1))
    model = keras.Model(inputs, layers.RandomCrop(4, 4, name="cut")(inputs))
    old = members_of(model, tmp_path, version, lambda config: None)
    path = write(tmp_path / "old.keras", old)
    if opens:
        assert kr.open_model(path).count_params() == 0
        return
    with pytest.raises(kr.ResidualError, match=r"'cut'(?s:.*)Resizing\(4, 4, crop_to"):
        kr.open_model(path)


def twice(crossed: bool) -> keras.Model:
    layer, inputs = layers.Dense(3, name="shared"), keras.Input((3,))
    x = layer(inputs)
    return keras.Model(inputs, layers.Dense(2)(layer(x)) if crossed else x)


def forgets_calls(config):
    """Keras 3.2 wrote 0 wherever a layer takes a call."""
    for layer in config["config"]["layers"]:
        text = json.dumps(layer["inbound_nodes"])
        layer["inbound_nodes"] = json.loads(text.replace('"shared", 1', '"shared", 0'))


def test_calls_that_the_file_does_not_tell_apart_are_refused(tmp_path):
    old = members_of(twice(crossed=True), tmp_path, "3.2.1", forgets_calls)
    assert b'"shared", 1' not in old[CONFIG]
    with pytest.raises(kr.ResidualError, match="'shared', called more than once"):
        kr.open_model(write(tmp_path / "old.keras", old))


@pytest.mark.parametrize(("version", "crossed"), [("3.2.1", False), ("3.3.3", True)])
def test_calls_that_are_told_apart_open(tmp_path, version, crossed):
    model = twice(crossed)
    old = members_of(model, tmp_path, version, lambda config: None)
    found = kr.open_model(write(tmp_path / "old.keras", old))
    values = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(found(values)),
        keras.ops.convert_to_numpy(model(values)),
    )
