import keras
import numpy as np
import pytest
from compilation import quick_compilation

import keras_residual as kr

from .nets import HOSTILE, small

__all__ = ["quick_compilation"]


@pytest.fixture(scope="session")
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(16, 8, 8, 3)).astype("float32"), np.arange(16) % 3


@pytest.fixture(scope="session")
def measured(tmp_path_factory, data):
    """A page with every section; its names try to be markup."""
    keras.utils.set_random_seed(0)
    place = tmp_path_factory.mktemp("measured") / "page.html"
    return kr.inspect(small(HOSTILE, HOSTILE), place, data=data)
