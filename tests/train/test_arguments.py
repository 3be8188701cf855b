"""Every public name of `train` is held to its signature."""

import inspect
from pathlib import Path

import keras
import numpy as np
import pytest
from wrong_arguments import OTHERS, raised_by_us

from keras_residual import train
from keras_residual.train import InputError, Recipe, Run, compare, fit, predict, resume

X = np.ones((8, 4), "float32")
# Right of their kind, and of no use: whatever is not refused at once ends soon after.
RIGHT = {
    "classes": (),
    "coordinator": "?",
    "data": (X, X),
    "files": ["?"],
    "folder": Path("?"),
    "metric": "loss",
    "model": keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]),
    "out": "?",
    "parameters": 1,
    "process": "?",
    "recipe": Recipe(data="?"),
    "rows": (),
    "run": "?",
    "source": "?",
    "twins": (),
}
OWN_WORDS = {"wanted": "backend="}  # asked before Keras is there


def _is_error(one):
    return isinstance(one, type) and issubclass(one, Exception)


ASKED = [
    pytest.param(getattr(train, name), key, one.annotation, id=f"{name}-{key}")
    for name in train.__all__
    if not _is_error(getattr(train, name))  # which prints whatever it is given
    for key, one in inspect.signature(getattr(train, name)).parameters.items()
]


@pytest.mark.parametrize(("call", "key", "annotation"), ASKED)
def test_what_is_said_is_ours(call, key, annotation, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_BACKEND", keras.config.backend())
    required = {
        name: RIGHT[name]
        for name, one in inspect.signature(call).parameters.items()
        if one.default is one.empty or (call is fit and name == "data")
    }
    said = {}
    for what, value in OTHERS.items():
        try:
            made = call(**{**required, key: value})
            list(made if inspect.isgenerator(made) else ())
        except (TypeError, ValueError, OSError) as error:
            said[what] = error
    assert not {what: e for what, e in said.items() if not raised_by_us(e)}
    if annotation != "Any":
        named = OWN_WORDS.get(key, f"`{key}` takes ")
        assert named in str(said["an object"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: predict("run", "a.csv"), r"files=\['a.csv'\]"),
        (lambda: predict("run", ["a.csv"], top=0), "takes a positive whole number"),
        (lambda: fit(Recipe(), "a", Recipe(epochs=1)), "All else is said of a model"),
        (lambda: fit(Recipe(), "a", out="b"), "neither a recipe and a folder nor"),
        (lambda: fit(keras.Sequential, (X, X)), "neither a recipe and a folder nor"),
        (lambda: compare(Recipe(), "a", depths=[8, 8]), r"Write:   depths=\[8\]"),
        (lambda: compare(Recipe(), "a", seeds=iter(())), r"Write:   seeds=\[8, 20\]"),
        (lambda: compare(Recipe(), "a", depths=iter(["8"])), "takes a whole number"),
        (lambda: compare(Recipe(), "a", seeds=[-1]), "between 0 and 4294967295"),
        (lambda: Recipe(learning_rate=10**400), "above 0 and finite"),
        (lambda: Recipe(label=iter([1])), "a list of words"),
        (lambda: Recipe(parts={"norm": keras.layers.ReLU()}), "words, numbers, lists"),
        (lambda: Run(None, Recipe(), ({},), 1).accuracy, "no val_accuracy"),
        (lambda: train.Comparison(Path(), ()).score(8, "plain"), "no such network"),
        (lambda: resume("~nobody-of-this-name/run"), "there is no run here"),
    ],
)
def test_what_to_write_is_said(wrong, said):
    with pytest.raises((TypeError, InputError, ValueError), match=said) as caught:
        wrong()
    assert raised_by_us(caught.value)


def test_a_recipe_holds_what_a_file_can_hold():
    recipe = Recipe(
        data=Path("digits"),
        epochs=np.int64(3),
        validation=np.float32(0.25),
        label=iter("ab"),
        header=1,
        parts={"norm": ("batch",)},
    )
    assert recipe.data == "digits"
    assert type(recipe.epochs) is int
    assert recipe.validation == 0.25
    assert recipe.label == ["a", "b"]
    assert recipe.header is True
    assert Recipe.from_dict(recipe.to_dict()) == recipe


@pytest.mark.parametrize("out", ["a\0b", "x" * 300, "/dev/null/run"])
def test_a_folder_that_cannot_be_made_is_refused(out):
    with pytest.raises(InputError, match="it cannot be made"):
        fit(RIGHT["model"], (X, X[:, :3] * 2), Recipe(epochs=1), out=out)


def test_a_run_with_a_model_of_ones_own_says_how_one_goes_on(tmp_path):
    class Mine(keras.Model):  # its layers have no output in a graph
        def __init__(self):
            super().__init__(name="mine")
            self.dense = keras.layers.Dense(3)

        def call(self, x):
            return self.dense(x)

    run = fit(Mine(), (X, X[:, :3] * 2), Recipe(epochs=1), out=tmp_path / "run")
    assert "mine" in (run.folder / "report.html").read_text(encoding="utf-8")
    for call in (resume, lambda out: next(predict(out, []))):
        with pytest.raises(InputError, match="load_model"):
            call(run.folder)
