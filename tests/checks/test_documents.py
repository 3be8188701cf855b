"""What is read of a rule's file is what the rule is."""

from keras_residual.checks.catalogue import RULES
from keras_residual.checks.documents import documents


def test_each_rule_is_read_as_it_is():
    read = [(d.code, d.level, d.name, d.text, d.summary) for d in documents()]
    assert read == [(r.code, r.level, r.name, r.document, r.summary) for r in RULES]
