"""Stochastic depth: branches that are dropped in training, the deeper the likelier."""

from __future__ import annotations

from keras_residual.common.errors import ResidualError
from keras_residual.compose.parts import drop_path as dropping
from keras_residual.graph.kinds import kind_of
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.rewire.rules.surgery import Surgery, branch_of
from keras_residual.transforms.rewritten import Change, Left


def drop_path(surgery: Surgery, given: float | tuple[float, str]) -> None:
    """Puts stochastic depth at the end of each branch.

    Args:
        surgery: The model.
        given: The rate of the last unit, and `"linear"`, by which it grows from the
            input, or `"constant"`. A rate alone grows.

    Raises:
        ResidualError: There is no such schedule, or the rate is no probability.

    Reference:
        Huang et al., Deep Networks with Stochastic Depth, 2016, equation 4,
        https://arxiv.org/abs/1603.09382.
    """
    rate, schedule = given if isinstance(given, tuple) else (given, "linear")
    if schedule not in ("linear", "constant") or not 0 < rate < 1:
        raise ResidualError(
            "replace: this is no stochastic depth.",
            given=f"drop_path={given!r}",
            needed="It has the rate of the last unit, between 0 and 1, and a schedule.",
            write='drop_path=(0.1, "linear") or drop_path=(0.1, "constant")',
        )
    count = len(surgery.units)
    for number, unit in enumerate(surgery.units, 1):
        here = rate * number / count if schedule == "linear" else rate
        try:
            branch = branch_of(surgery.draft, unit)
            maker = branch.draft.maker(branch.end)
            if maker is not None and kind_of(maker.operation) == "dropout":
                raise NotApplicable("its branch ends in a dropout already")
            name = f"{branch.merge.name}_branch"
            grown = surgery.grow(branch.draft, branch.end, dropping(here), name)
        except NotApplicable as reason:
            surgery.left.append(Left("unit", unit.path, str(reason)))
            continue
        branch.reads(branch.end, grown)
        said = f"drops its branch in {here:.3g} of the cases"
        surgery.changes.append(Change("unit", unit.path, said))
