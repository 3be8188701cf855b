"""Every published form is seen by everything else, and starts as its row says."""

import functools
import re

import keras
import numpy as np
import pytest
from gradients import outputs

import keras_residual as kr
from keras_residual.compose.forms import FORMS, Form

from .forms import ARGUED, form_of


def over(forms) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("form", forms, ids=lambda form: form.name)


@functools.cache
def built(form: Form) -> keras.Model:
    """Builds a model of the form alone, with its own initial values."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input(form.shape)
    return keras.Model(inputs, form_of(form)()(inputs))


def sample(form: Form) -> np.ndarray:
    shape = (3, *form.shape)
    return np.random.default_rng(4).normal(size=shape).astype("float32")


def test_names_are_told_apart():
    names = [form.name for form in FORMS]
    assert len(set(names)) == len(names)


@over(FORMS)
def test_it_starts_as_stated(form):
    x = sample(form)
    y = outputs(built(form), x, training=False)
    away = np.abs(y - x).max() / np.abs(x).max() if y.shape == x.shape else np.inf
    said, within = re.fullmatch(
        r"(identity|no identity)(?: to within ([\d.e-]+))?(?:, .*)?", form.start
    ).groups()
    if said == "identity":
        assert away <= float(within or 0)
    else:
        assert away > 0.01


@over([form for form in FORMS if form.unit])
def test_its_units_are_found_and_measured(form):
    model = built(form)
    units = kr.find_residuals(model)
    assert form.unit in [unit.form for unit in units]
    table = kr.measure(model, sample(form))
    assert len(table.rows) == len(units)


@over(FORMS)
def test_no_rule_is_broken_but_as_published(form):
    found = {finding.code for finding in kr.check(built(form))}
    assert found == set(ARGUED.get(form.name, "").split())


@over(FORMS)
def test_it_is_drawn(form):
    assert kr.draw(built(form))._repr_svg_().startswith("<svg")
