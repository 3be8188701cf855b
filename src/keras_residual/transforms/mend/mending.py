"""Mends the findings that a rewrite can mend, and proves that nothing else changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np

from keras_residual.checks import Finding, check
from keras_residual.common.errors import KindError
from keras_residual.compose.arguments import checked
from keras_residual.graph.analysis import Analysis
from keras_residual.transforms.call import Call
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.mend import bias_before_norm, plus_operator
from keras_residual.transforms.original import Original
from keras_residual.transforms.preconditions import (
    NotApplicable,
    Work,
    merges_of,
)
from keras_residual.transforms.proof import proved
from keras_residual.transforms.rebuild import rebuild
from keras_residual.transforms.rewritten import Change, Left, Rewritten

FIXES: dict[str, Callable[[Work, Call], str]] = {
    "KR303": bias_before_norm.fix,
    "KR504": plus_operator.fix,
}
"""What mends the findings of a rule; exactly the rules that say they are fixable."""


@checked
def mend(
    model: keras.Model,
    findings: Iterable[Finding] | None = None,
    *,
    tolerance: float | None = None,
    inputs: Any = None,
) -> Rewritten:
    """Mends what `check` found, where that keeps the function of the model.

    Both models run side by side, and a difference is refused.

    Args:
        model: A Functional or Sequential model; it is not changed.
        findings: What `check` returned; by default all that is fixable.
        tolerance: The largest difference in proportion to the largest output; by
            default 1e-5, and more where half precision computes.
        inputs: What both models run on: arrays in the order of `model.inputs`, or a
            dict by name; by default they are made up.

    Returns:
        The new model, not compiled, what changed, what was left and why, and the proof.

    Raises:
        KindError: If this is no Keras model.
        ResidualError: If the model has no graph, or the new one computes something
            else.

    Examples:
        >>> x = keras.Input((4,), name="x")
        >>> y = keras.layers.Dense(4, name="dense")(x)
        >>> mended = kr.mend(keras.Model(x, x + y))
        >>> [type(layer).__name__ for layer in mended.model.layers]
        ['InputLayer', 'Dense', 'Add']
    """
    analysis = Analysis(model, opened=False)
    if findings is None:
        findings = check(analysis, select=FIXES)
    findings = _demanded(findings)
    draft, graph = Draft(model), analysis.graph
    ops = {op.path: op for op in graph.ops}
    changes: list[Change] = []
    left: list[Left] = []
    for finding in findings:
        if finding.fixable:
            op = ops.get(finding.path)
            place = None if op is None else draft.find(graph.node_of(op))
            _mend(finding, draft, place, changes, left)
    new, old = rebuild(draft), Original(model, inputs)
    proof = proved(old, new, tolerance=tolerance, merges=merges_of(draft))
    return Rewritten(new, tuple(changes), tuple(left), proof)


def _demanded(findings: Any) -> list[Finding]:
    listed = isinstance(findings, Iterable) and not isinstance(
        findings, keras.KerasTensor | np.ndarray
    )
    found: list[Any] = [*findings] if listed else [findings]
    if not all(isinstance(one, Finding) for one in found):
        raise KindError(
            "mend: these are no findings.",
            given=f"{findings!r:.80}",
            needed="It mends what `check` found.",
            write="mend(model, check(model)), or leave them out",
        )
    return found


def _mend(
    finding: Finding,
    draft: Draft,
    place: tuple[Draft, Call] | None,
    changes: list[Change],
    left: list[Left],
) -> None:
    if place is None:
        left.append(Left(finding.code, finding.path, "it is called several times"))
        return
    inside, call = place
    fix = FIXES.get(finding.code)
    if fix is None:  # a rule of the user's own says that it could be mended
        left.append(Left(finding.code, finding.path, "there is no fix for its rule"))
        return
    try:
        said = fix(Work(inside, draft.times()), call)
        changes.append(Change(finding.code, finding.path, said))
    except NotApplicable as reason:
        left.append(Left(finding.code, finding.path, str(reason)))
