"""Looks for mistakes in the residual connections of any Keras model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from keras_residual.checks.choosing import chosen, named
from keras_residual.checks.rule import Finding, Findings, Rule
from keras_residual.compose.arguments import Count, checked

if TYPE_CHECKING:
    import keras

    from keras_residual.graph.analysis import Analysis


@checked
def check(
    model: keras.Model | Analysis,
    data: Any = None,
    *,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    intended: Mapping[str, Iterable[str]] | None = None,
    steps: Count | None = None,
    rules: Sequence[Any] = (),
) -> Findings:
    """Looks for mistakes in the residual connections of a model, whoever built it.

    Each rule is a file of `keras_residual.checks.rules`; `keras-residual rules`
    lists them, `keras-residual explain KR101` shows one with its source.

    Args:
        model: A Functional or built Sequential model; nested models are opened. Or an
            `Analysis` of one.
        data: Examples as `measure` takes them. Rules that look at numbers, such as
            KR401 on dead branches, are left out without them.
        select: Codes, beginnings of codes (`"KR1"`) or names of the rules to ask; all
            by default.
        ignore: Likewise, the rules not to ask.
        intended: Where a published design does it on purpose: for each code the
            patterns of paths, such as `{"KR101": ["tcn_*"]}`.
        steps: The number of training steps; rules that depend on the length of the run
            are left out without it.
        rules: Rules of your own, asked after ours: functions that look at a `Subject`
            and yield `Found`, named as the function is; or what the decorator
            `keras_residual.checks.rule` makes of one, with a code and a level.

    Returns:
        The findings, in the order of the rules and then of the graph.

    Raises:
        KindError: If this is no Keras model, or a rule of your own is none.
        ResidualError: If the model has no graph, or a word names no rule.

    Examples:
        >>> x = keras.Input((4,), name="x")
        >>> y = keras.layers.Dense(4, activation="relu", name="dense")(x)
        >>> model = keras.Model(x, keras.layers.Add(name="add")([x, y]))
        >>> [(f.code, f.path) for f in check(model, select=["KR101"])]
        [('KR101', 'add')]
    """
    from keras_residual.checks.catalogue import with_own
    from keras_residual.checks.subject import Subject
    from keras_residual.measures.reading import read_with

    known = with_own(rules)
    if data is not None:
        model, data = read_with(model, data)
    subject = Subject(model, data, steps)
    asked = chosen(known, select, ignore)
    marks = {word: list(patterns) for word, patterns in (intended or {}).items()}
    return Findings(
        finding
        for rule in asked
        for finding in rule.findings(subject)
        if not _on_purpose(finding, known, marks)
    )


def _on_purpose(
    finding: Finding, rules: Sequence[Rule], intended: Mapping[str, Iterable[str]]
) -> bool:
    """Says whether a finding is where its rule is marked as intended."""
    for word, patterns in intended.items():
        codes = {rule.code for rule in named(rules, [word])}
        if finding.code in codes and any(
            fnmatchcase(finding.path, p) for p in patterns
        ):
            return True
    return False
