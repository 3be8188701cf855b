"""`--inputs FILE.npz`: what a rewrite is proved on."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_residual.transforms.original import Original

DO = [("fuse",), ("rewire", "--rename", "head=top")]
WRITTEN = {"fuse": "pair-fused.keras", "rewire": "pair-rewired.keras"}


@pytest.fixture
def file(tmp_path):
    pair = [keras.Input((3,), name="left"), keras.Input((2,), name="right")]
    x = layers.Dense(2)(layers.Concatenate()(pair))
    model = keras.Model(pair, layers.BatchNormalization(name="head")(x), name="pair")
    model.save(tmp_path / "pair.keras")
    return tmp_path / "pair.keras"


@pytest.fixture
def proved_on(monkeypatch):
    """The arrays that proofs were made on."""
    seen = []
    begin = Original.__init__

    def watched(self, model, inputs=None):
        begin(self, model, inputs)
        seen.extend(trial.arrays for trial, _ in self.tried)

    monkeypatch.setattr(Original, "__init__", watched)
    return seen


@pytest.mark.parametrize("words", DO)
@pytest.mark.parametrize("named", [True, False])
def test_a_rewrite_is_proved_on_them(command, file, proved_on, words, named):
    left, right = np.full((5, 3), 7, "float32"), np.full((5, 2), 8, "float32")
    given = file.with_name("given.npz")
    if named:
        np.savez(given, right=right, left=left, more=np.zeros(2))
    else:
        np.savez(given, left, right)
    code, _, errors = command(words[0], file, *words[1:], "--inputs", given)
    assert code == 0, errors
    assert file.with_name(WRITTEN[words[0]]).exists()
    (arrays,) = proved_on
    np.testing.assert_array_equal(arrays[0], left)
    np.testing.assert_array_equal(arrays[1], right)


@pytest.mark.parametrize("words", DO)
def test_names_that_do_not_fit_are_said_with_advice_that_works(command, file, words):
    array, given = np.zeros((5, 3), "float32"), file.with_name("given.npz")
    np.savez(given, one=array, two=array[:, :2])
    code, _, errors = command(words[0], file, *words[1:], "--inputs", given)
    assert code == 2
    assert "arrays one and two" in errors
    assert "left (None, 3), right (None, 2)" in errors
    assert "np.savez('inputs.npz', left=array, right=array)" in errors
    assert not file.with_name(WRITTEN[words[0]]).exists()
    given = file.with_name("inputs.npz")
    np.savez(given, left=array, right=array[:, :2])
    assert command(words[0], file, *words[1:], "--inputs", given)[0] == 0


def test_a_name_of_an_array_is_told_by_its_start(command, file):
    given = file.with_name("given.npz")
    np.savez(given, **{"a" * 60_000: np.zeros(2), "z": np.zeros(2)})
    code, _, errors = command("fuse", file, "--inputs", given)
    assert code == 2
    assert "aaa...aaa" in errors
    assert len(errors) < 1_000


def test_shapes_that_do_not_fit_are_said_as_one_says_it_here(command, file):
    given = file.with_name("given.npz")
    np.savez(given, left=np.zeros((5, 3)), right=np.zeros((5, 3)))
    code, _, errors = command("fuse", file, "--inputs", given)
    assert code == 2
    assert "right (None, 2)" in errors
    assert "Write:   --inputs FILE.npz" in errors
    assert "inputs=[" not in errors


def test_a_damaged_file_is_said(command, file):
    given = file.with_name("given.npz")
    given.write_bytes(b"PK\x03\x04 nothing")
    code, _, errors = command("rewire", file, "--rename", "head=top", "--inputs", given)
    assert code == 2
    assert "the file cannot be read" in errors


@pytest.mark.parametrize(
    "words",
    [
        *(("fuse", "FILE"), ("check", "FILE", "--fix")),
        *(("rewire", "FILE", way) for way in ("--add-skips", "--rename=head=top")),
    ],
)
def test_every_command_that_proves_takes_a_tolerance(command, file, monkeypatch, words):
    """They may all advise one."""
    asked = []

    def compared(*_, tolerance, **__):
        asked.append(tolerance)
        return []

    monkeypatch.setattr(Original, "compared", compared)
    words = [file if word == "FILE" else word for word in words]
    _, _, errors = command(*words, "--tolerance", "0.25")
    assert "such option" not in errors
    assert asked == [0.25], errors
