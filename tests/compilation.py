"""Speed: these tests compile hundreds of small models and run each of them once."""

import keras
import pytest


@pytest.fixture(autouse=True, scope="package")
def quick_compilation():
    """Asks JAX to compile quickly instead of well, and takes it back afterwards."""
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
