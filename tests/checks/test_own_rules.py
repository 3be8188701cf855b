"""A rule of a user's own is asked, told and shown as ours are."""

import json

import keras
import pytest

import keras_residual as kr
from keras_residual.checks import Found, Rule, check, rule
from keras_residual.checks.report import as_github, as_json, as_sarif, as_text
from keras_residual.common.terminal import Console
from keras_residual.graph import Analysis


def too_wide(subject):
    """Finds layers of more than 6 units.

    Because this house is small.
    """
    for op in subject.layers:
        if getattr(op.layer, "units", 0) > 6:
            yield Found(op.path, f"{op.layer.units} units", "use at most 6")


class TooWide:
    def __call__(self, subject):
        return too_wide(subject)


@pytest.fixture(scope="module")
def model():
    x = inputs = keras.Input((4,), name="x")
    x = keras.layers.Dense(8, name="wide")(x)
    x = keras.layers.Dense(4, activation="relu", name="narrow")(x)
    return keras.Model(inputs, keras.layers.Add(name="add")([inputs, x]), name="own")


@pytest.mark.parametrize("own", [too_wide, TooWide, TooWide()])
def test_a_function_or_a_class_is_asked_after_ours(model, own):
    (*ours, finding) = check(model, rules=[own])
    assert ours == check(model)
    assert (finding.code, finding.name, finding.level) == (
        "too-wide",
        "too-wide",
        "warning",
    )
    assert (finding.path, finding.message, finding.help) == (
        "wide",
        "8 units",
        "use at most 6",
    )


def test_a_code_and_a_level_of_its_own(model):
    own = rule("OWN1", "error")(too_wide)
    (finding,) = check(Analysis(model), rules=[own], select=["OWN1"])
    assert (finding.code, finding.name, finding.level) == ("OWN1", "too-wide", "error")
    assert own.summary == "Finds layers of more than 6 units."
    assert "this house is small" in own.document


def test_it_is_selected_ignored_and_marked_as_ours(model):
    assert check(model, rules=[too_wide], select=["KR9", "too-wide"][1:])
    assert check(model, rules=[too_wide], ignore=["too-wide"]) == check(model)
    marks = {"too-wide": ["wi*"]}
    assert check(model, rules=[too_wide], intended=marks) == check(model)


def test_it_is_written_as_ours(model):
    found = {"a.keras": check(model, rules=[too_wide], select=["too-wide"])}
    console = Console(record=True, width=100)
    console.print(as_text(found))
    assert console.export_text().startswith("warning  too-wide  a.keras: wide")
    assert json.loads(as_json(found))[0]["code"] == "too-wide"
    assert "title=too-wide::" in as_github(found)
    run = json.loads(as_sarif(found))["runs"][0]
    assert run["results"][0]["ruleId"] == run["tool"]["driver"]["rules"][-1]["id"]


def test_the_page_shows_it(model, tmp_path):
    own = rule("OWN1", "error")(too_wide)
    page = kr.inspect(model, tmp_path / "page.html", rules=[own]).read_text("utf-8")
    assert '<b class="error">OWN1</b> too-wide</h4>' in page
    assert "Because this house is small." in page


def test_mend_leaves_what_it_cannot_mend(model):
    own = Rule("OWN1", "warning", too_wide, fixable=True)
    done = kr.mend(model, check(model, rules=[own], select=["OWN1"]))
    assert [(one.path, one.why) for one in done.left] == [
        ("wide", "there is no fix for its rule")
    ]


def silent(subject):
    """Forgets to yield."""


def chatty(subject):
    yield "wide"


def numbers(subject):
    yield Found("wide", 8, "use fewer")


def non_negative_branch(subject):
    yield from ()


@pytest.mark.parametrize(
    ("own", "error", "said"),
    [
        (3, TypeError, "this is no rule"),
        ("KR101", TypeError, "this is no rule"),
        (silent, TypeError, "it returned None"),
        (chatty, TypeError, "it yielded 'wide'"),
        (numbers, TypeError, "it yielded Found"),
        (rule("KR101")(too_wide), ValueError, '"KR101" already'),
        (non_negative_branch, ValueError, '"non-negative-branch" already'),
    ],
)
def test_what_is_no_rule_is_refused(model, own, error, said):
    with pytest.raises(error, match=said) as raised:
        check(model, rules=[own])
    assert "Write:   " in str(raised.value)


def test_a_rule_in_no_list_is_refused(model):
    with pytest.raises(TypeError, match=r"check: an arg[^`]*`rules` takes a list"):
        check(model, rules=too_wide)
