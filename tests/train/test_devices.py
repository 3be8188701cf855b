import json
import os
import sys

import pytest

from keras_residual.train import InputError, choose_backend, devices


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A process in which nothing was chosen, and Keras is not imported yet."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delitem(sys.modules, "keras")
    return monkeypatch


def install(monkeypatch, *names):
    found = dict.fromkeys(names, True)
    monkeypatch.setattr(devices, "find_spec", found.get)


def test_kerass_default_is_taken_without_a_word(bare):
    install(bare, "tensorflow", "jax")
    assert choose_backend() == ("tensorflow", None)


def test_an_installed_one_stands_in_for_a_missing_default_and_says_so(bare):
    install(bare, "torch")
    backend, note = choose_backend()
    assert backend == "torch"
    assert note == "tensorflow is not installed; computing with torch."


def test_kerass_own_setting_is_respected(bare, tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "jax"}))
    install(bare, "tensorflow", "jax")
    assert choose_backend() == ("jax", None)


@pytest.mark.parametrize("text", ["{", "[]", '{"backend": 3}', "{}"])
def test_a_broken_setting_is_no_setting(bare, tmp_path, text):
    (tmp_path / "keras.json").write_text(text)
    install(bare, "tensorflow")
    assert choose_backend() == ("tensorflow", None)


@pytest.mark.parametrize("asked", [None, "tensorflow"])
def test_a_pipe_for_a_setting_is_refused_as_keras_would_wait_for_it(
    bare, tmp_path, asked
):
    os.mkfifo(tmp_path / "keras.json")
    install(bare, "tensorflow")
    with pytest.raises(InputError, match=r"keras\.json is a pipe"):
        choose_backend(asked)


def test_what_was_asked_for_goes_first(bare):
    bare.setenv("KERAS_BACKEND", "tensorflow")
    install(bare, "tensorflow", "jax")
    assert choose_backend("jax") == ("jax", None)


def test_none_installed_names_the_line_to_install_one(bare):
    install(bare)
    with pytest.raises(InputError, match=r'pip install "keras-residual\[tensorflow\]"'):
        choose_backend()


def test_a_missing_one_that_was_asked_for_is_not_replaced(bare):
    install(bare, "tensorflow")
    with pytest.raises(InputError, match=r'pip install "keras-residual\[jax\]"'):
        choose_backend("jax")


def test_an_unknown_one_is_refused(bare):
    with pytest.raises(InputError, match="theano"):
        choose_backend("theano")


def test_a_running_keras_keeps_its_backend(monkeypatch):
    import keras

    running = keras.config.backend()
    other = "jax" if running != "jax" else "tensorflow"
    install(monkeypatch, running, other)
    assert choose_backend(running) == (running, None)
    with pytest.raises(InputError, match=f"running '{running}'"):
        choose_backend(other)
