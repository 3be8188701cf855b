"""What is asked, what is on purpose, and what is refused."""

import keras
import pytest

import keras_residual as kr
from keras_residual.checks.catalogue import RULES


@pytest.fixture
def model():
    inputs = keras.Input((4,), name="x")
    x = inputs
    for k in range(2):
        y = keras.layers.Dense(4, activation="relu", name=f"dense{k}")(x)
        x = keras.layers.Add(name=f"stage{k}_add")([x, y])
    return keras.Model(inputs, x)


def paths(findings, code="KR101"):
    return [f.path for f in findings if f.code == code]


@pytest.mark.parametrize("word", ["KR1", "KR101", "non-negative-branch"])
def test_a_rule_is_named_by_code_beginning_or_name(model, word):
    both = ["stage0_add", "stage1_add"]
    assert paths(kr.check(model, select=[word])) == both
    assert not paths(kr.check(model, ignore=[word]))
    assert not paths(kr.check(model, select=["KR1"], ignore=[word]))


@pytest.mark.parametrize("word", ["KR101", "non-negative-branch", "KR1"])
def test_a_mark_keeps_quiet_where_it_points(model, word):
    assert paths(kr.check(model, intended={word: ["stage0_*"]})) == ["stage1_add"]
    assert not paths(kr.check(model, intended={word: ["*"]}))


def test_a_mark_for_one_rule_leaves_the_others(model):
    others = {rule.code: ["*"] for rule in RULES if rule.code != "KR101"}
    assert len(paths(kr.check(model, intended=others))) == 2


@pytest.mark.parametrize("where", ["select", "ignore", "intended"])
@pytest.mark.parametrize("word", ["KR999", "non-negative-branches", ""])
def test_an_unknown_rule_is_refused(model, where, word):
    given = {word: ["*"]} if where == "intended" else [word]
    with pytest.raises(ValueError, match="no rule is named"):
        kr.check(model, **{where: given})


def test_a_near_name_is_offered(model):
    with pytest.raises(ValueError, match="Write:   non-negative-branch"):
        kr.check(model, select=["non-negative-branches"])


def test_findings_stand_in_the_order_of_rules_and_graph(model):
    codes = [f.code for f in kr.check(model)]
    assert codes == sorted(codes)
    assert paths(kr.check(model)) == ["stage0_add", "stage1_add"]


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match="Keras model"):
        kr.check("model.keras")
