"""Whoever gives a public function something else is told so, in our words."""

import keras
import numpy as np
import pytest
from keras import layers
from wrong_arguments import OTHERS, raised_by_us

import keras_residual as kr
from keras_residual.transforms import prove

DATA = np.ones((4, 4), "float32")


@pytest.fixture(scope="module")
def model():
    x = keras.Input((4,), name="x")
    y = layers.Add(name="add")([x, layers.Dense(4, name="dense")(x)])
    model = keras.Model(x, layers.Dense(2, name="head")(y))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def monitored(model, data=DATA, **given):
    model.fit(
        DATA, DATA[:, 0], verbose=0, callbacks=[kr.ResidualMonitor(data, **given)]
    )


rewire = kr.rewire
CALLS = {
    "find_residuals": (kr.find_residuals, {}, ["model"]),
    "draw": (kr.draw, {}, ["model", "path", "colour", "measure", "dpi"]),
    "check": (
        kr.check,
        {},
        ["model", "data", "select", "ignore", "intended", "steps"],
    ),
    "measure": (
        kr.measure,
        {"data": DATA, "columns": ["ratio"], "progress": False},
        ["model", "data", "columns", "batch_size"],
    ),
    "cka": (kr.measures.cka, {"data": DATA}, ["model", "data", "batch_size"]),
    "ResidualMonitor": (
        monitored,
        {"columns": ["ratio"]},
        ["data", "every", "columns", "log_dir", "tensorboard"],
    ),
    "inspect": (kr.inspect, {"path": ""}, ["model", "path", "columns", "batch_size"]),
    "fuse": (kr.fuse, {}, ["model", "passes", "tolerance", "inputs"]),
    "mend": (kr.mend, {}, ["model", "findings", "tolerance", "inputs"]),
    "accelerate": (kr.accelerate, {"use": "?"}, ["model", "use"]),
    "prove": (prove, {"new": None}, ["old", "new"]),
    "export": (kr.export, {"path": "a.?"}, ["model", "path", "batch_size"]),
    "add_skips": (rewire.add_skips, {}, ["model", "length", "tolerance"]),
    "add_units": (
        rewire.add_units,
        {"places": "?"},
        ["model", "places", "init", "tolerance"],
    ),
    "drop_units": (rewire.drop_units, {"units": "?"}, ["model", "units"]),
    "replace": (rewire.replace, {}, ["model", "se", "drop_path", "merge", "order"]),
    "insert": (
        rewire.insert,
        {"part": "relu", "after": "?"},
        ["model", "part", "after", "name"],
    ),
    "delete": (rewire.delete, {"paths": "?"}, ["model", "paths"]),
    "rename": (rewire.rename, {"names": {"?": "a"}}, ["model", "names"]),
    "prune_depth": (
        rewire.prune_depth,
        {"data": (DATA, DATA[:, 0]), "tolerance": 1.0},
        ["model", "data", "tolerance", "by", "tune", "batch_size"],
    ),
}
ASKED = [
    pytest.param(call, given, key, id=f"{name}-{key}")
    for name, (call, given, keys) in CALLS.items()
    for key in keys
]


@pytest.mark.parametrize(("call", "given", "key"), ASKED)
def test_what_is_said_is_ours(call, given, key, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = {"prove": "old"}.get(call.__name__, "model")
    theirs = {}
    for what, value in OTHERS.items():
        try:
            call(**{first: model, **given, key: value})
        except (TypeError, ValueError, OSError) as error:
            theirs[what] = error
    assert not {what: e for what, e in theirs.items() if not raised_by_us(e)}


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda m: kr.check(m, select="KR101"), TypeError, "select=['KR101']"),
        (
            lambda m: kr.check(m, steps=0),
            ValueError,
            "positive whole number or None",
        ),
        (lambda m: kr.measure(m, DATA, batch_size=-2), ValueError, "a positive whole"),
        (lambda m: kr.measure(m, {"x": ["a", "b"]}), TypeError, "no number"),
        (lambda m: kr.fuse(m, tolerance="1e-5"), TypeError, "takes a number"),
        (lambda m: kr.draw(m, path=3), TypeError, "a word or a path"),
        (lambda m: rewire.rename(m, ["a", "b"]), TypeError, "a dict of words"),
        (lambda m: rewire.drop_units(m, 1), TypeError, "find_residuals"),
        (lambda m: kr.mend(m, ["KR303"]), TypeError, "mend(model, check(model))"),
        (lambda m: prove(m, None), TypeError, "keras.saving.load_model(path)"),
        (lambda m: kr.measures.effective_depth("a"), TypeError, 'table["lesion"]'),
        (lambda m: kr.Residual("relu", name=1), TypeError, "`name` takes a word"),
    ],
)
def test_what_to_write_is_said(call, error, said, model):
    with pytest.raises(error) as caught:
        call(model)
    assert said in str(caught.value)
