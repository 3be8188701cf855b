"""The backbones of keras-hub: each has its row in the table."""

import pytest
from hub.backbones import BACKBONES, BASES, CHOSEN

keras_hub = pytest.importorskip("keras_hub", reason="pip install keras-hub")


def test_every_class_of_keras_hub_has_a_row():
    names = {
        getattr(keras_hub.models, name).__name__
        for name in dir(keras_hub.models)
        if name.endswith("Backbone")
    }
    assert set(BACKBONES) == names - BASES
    assert set(CHOSEN) <= set(BACKBONES)
