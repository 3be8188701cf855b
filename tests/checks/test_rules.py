"""Every rule flags its bad example, is quiet on its good one, and documents itself."""

import keras
import numpy as np
import pytest

import keras_residual
from keras_residual.checks import check
from keras_residual.checks.catalogue import RULES
from keras_residual.checks.rule import Rule

SECTIONS = (
    "What it does",
    "Why is this bad?",
    "Example",
    "Use instead",
    "References",
)


def run(rule: Rule, heading: str) -> list:
    """Runs an example, and the rule on what it makes."""
    names: dict = {"keras": keras, "kr": keras_residual, "np": np}
    exec(rule.example(heading), names)  # noqa: S102  our own documents
    return check(
        names["model"],
        names.get("data"),
        select=[rule.code],
        steps=names.get("steps"),
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_the_bad_example_is_flagged(rule):
    findings = run(rule, "Example")
    assert findings
    for finding in findings:
        assert finding.code == rule.code
        assert finding.message
        assert finding.message[-1] != "."
        assert finding.help
        assert finding.help[-1] != "."


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_the_good_example_is_clean(rule):
    assert run(rule, "Use instead") == []


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_a_rule_documents_itself(rule):
    for heading in SECTIONS:
        assert rule.section(heading)
    assert len(rule.summary) <= 88
    assert rule.look.__module__.endswith(rule.name.replace("-", "_"))


def test_codes_are_unique():
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
