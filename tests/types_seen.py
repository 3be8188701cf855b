"""What an editor knows of what is returned: pyright reads it, and nothing runs it."""

from typing import assert_type

import keras

import keras_residual as kr
from keras_residual.files.by_name import Loaded
from keras_residual.transforms.rewire import Pruned


def _types(model: keras.Model, pruned: Pruned) -> None:
    assert_type(kr.fuse(model).model, keras.Model)
    assert_type(kr.rewire.delete(model, "head").model, keras.Model)
    assert_type(kr.unfold(model).model, keras.Model)
    assert_type(pruned.model, keras.Model)
    assert_type(kr.models.build("resnet8"), keras.Model)
    assert_type(kr.open_model("model.keras"), keras.Model)
    assert_type(kr.load_model("model.keras"), keras.Model)
    assert_type(kr.load_weights(model, "model.safetensors"), Loaded)
