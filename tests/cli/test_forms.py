"""`keras-residual forms` lists every form, and tells of one in letters alone."""

import pytest
from typer.testing import CliRunner

from keras_residual.cli.main import app
from keras_residual.compose.forms import FORMS
from keras_residual.compose.forms.plain import plain


def said(*words: str) -> str:
    done = CliRunner().invoke(app, ["forms", *words], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


def test_every_form_is_listed():
    lines = said().splitlines()
    assert [f.name for f in FORMS if not any(f.name in line for line in lines)] == []


def test_one_form_is_told_by_its_own_name_and_by_the_whole_one():
    told = said("basic")
    assert "kr.blocks.basic(4)" in told
    assert "https://arxiv.org/abs/1512.03385" in told
    assert told == said("blocks.basic")


def test_a_pattern_lists_a_room():
    names = [line.split()[0] for line in said("merges.*").splitlines()[1:]]
    assert names
    assert all(name.startswith("merges.") for name in names)


def test_what_is_misspelt_is_named():
    done = CliRunner().invoke(app, ["forms", "basik"])
    assert done.exit_code != 0
    assert "forms basic" in str(done.exception.on_command_line())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_its_equation_has_no_latex_left(form):
    told = plain(form.equation)
    assert not set("\\") & set(told), told


@pytest.mark.parametrize(
    ("latex", "letters"),
    [
        (r"y = x + \frac{1}{\sqrt{L}}\, F(x)", "y = x + 1/√L F(x)"),
        (r"\frac{a + b}{2}", "(a + b)/2"),
        (r"\mathrm{ReLU}(\hat{x}_{l-1})", "ReLU(x\u0302_(l-1))"),
        (r"y = x, \quad \alpha = 0", "y = x,   α = 0"),
    ],
)
def test_latex_becomes_letters(latex, letters):
    assert plain(latex) == letters
