"""The pictures of the documentation are what `kr.draw` draws today."""

import importlib.util
import re
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_residual as kr

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    keras.backend.backend() == "jax",
    reason="JAX compiles each initialiser; the graphs are the same",
)


def example(name, monkeypatch):
    """Imports an example, without running it."""
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    place = importlib.util.spec_from_file_location(name, ROOT / f"examples/{name}.py")
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


def shape(picture):
    """Returns the marks and texts of a picture, without its colours and numbers."""
    marks = re.findall(r'<(\w+)(?:[^>]*class="([^"]*)")?[^>]*>([^<]*)', picture)
    return [(*mark, re.sub(r"[\d.]+", "0", text)) for *mark, text in marks]


def drawn(name):
    return shape((ROOT / f"docs/{name}.svg").read_text(encoding="utf-8"))


def coloured(model, measure):
    units = kr.Analysis(model).units
    return kr.draw(
        model,
        colour={unit.path: 0.3 + k for k, unit in enumerate(units)},
        measure=measure,
    )


def test_the_residual_network():
    model = kr.models.build("resnet20", shortcut="zero_pad")
    assert shape(kr.draw(model)) == drawn("resnet20")
    told = coloured(model, "deviation of change / stream")
    assert shape(told) == drawn("resnet20-change")


def test_the_model_of_characters(monkeypatch):
    model = example("character_model", monkeypatch).CharacterModel(
        96, name="characters"
    )
    model(np.zeros((1, 64), "int32"))
    told = coloured(model, "rise of the loss without it")
    assert shape(told) == drawn("character-model")


def test_an_old_picture_would_be_seen():
    svg = '<svg><text class="kr-text">{}</text></svg>'
    assert shape(svg.format("× 0.3")) == shape(svg.format("× 0.5"))
    assert shape(svg.format("× 0.3")) != shape(svg.format("× constant"))
