"""What every test starts from: one thread, one seed, Keras's own defaults."""

import gc
import os

# Read once, when a backend is imported. Tests are small: more threads only wait.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.update(
    OMP_NUM_THREADS="1",
    TF_NUM_INTEROP_THREADS="1",
    TF_NUM_INTRAOP_THREADS="1",
    TF_CPP_MIN_LOG_LEVEL="2",
    MPLBACKEND="Agg",
)

import sys
from pathlib import Path

import hypothesis
import keras
import pytest
from browsing import opened_browser
from keras.src.backend.common import global_state

# A test that passed once passes again; new examples are searched for on purpose:
# pytest --hypothesis-profile=search
hypothesis.settings.register_profile("repeat", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("repeat")

pytest_plugins = ["full", "longest_first"]

gc.set_threshold(50_000, 10, 10)

SEED = 0
MANY = 20_000  # pieces of memory that a process has mapped


def pytest_configure(config):
    """Drops what TensorFlow said when it was imported: pytest would end with it."""
    config.pluginmanager.getplugin("capturemanager").read_global_capture()


@pytest.fixture(autouse=True)
def same_start():
    """Gives every test the same random numbers, and takes back what it set."""
    keras.utils.set_random_seed(SEED)
    yield
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


class Apart(dict):
    """Counts the names of layers from far on, the first one too."""

    def __contains__(self, name):
        return True

    def __missing__(self, name):
        return 100_000


def pytest_collection():
    """Names the layers of parameters as no test names its own, in whatever order."""
    global_state.set_global_attribute("object_name_uids", Apart())


def pytest_collection_finish():
    keras.utils.clear_session()
    stays()


def stays():
    """What lives now stays, most of it imported: it is not searched again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def little_to_search():
    """Leaves what a module has imported or lets stay out of the collector's turns.

    A backend's compiler alone makes millions of objects, and a full turn takes seconds.
    """
    yield
    stays()


@pytest.fixture(autouse=True, scope="module")
def few_programs():
    """Lets go of what JAX has compiled, before a process has mapped all it may.

    Linux lets it map 65,530 pieces of memory, and each program takes several: beyond
    that JAX ends the process.
    """
    yield
    maps = Path("/proc/self/maps")
    if keras.backend.backend() != "jax" or not maps.exists():
        return
    if maps.read_bytes().count(b"\n") > MANY:
        import jax

        jax.clear_caches()
        gc.unfreeze()
        gc.collect()


@pytest.fixture(scope="session")
def browser():
    """One browser for all the pages that are looked at."""
    with opened_browser() as found:
        yield found
