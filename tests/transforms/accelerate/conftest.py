"""Speed: these tests compile many small models and run each once."""

import pytest
from compilation import quick_compilation

from keras_residual.graph.precision import whole_products

__all__ = ["quick_compilation"]


@pytest.fixture(autouse=True)
def whole():
    """Two kernels are compared in float32, where a card would leave out digits."""
    with whole_products():
        yield
