"""The equation: `y = activation(merge(shortcut(x), branch(x)))`."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from typing import Any

from keras_residual.common.errors import KindError
from keras_residual.compose import graph, naming
from keras_residual.compose.arguments import called, demand
from keras_residual.compose.meeting import keep_mask, meet
from keras_residual.compose.merge import MergeSlot, as_merge
from keras_residual.compose.named import PartSlot, ShortcutSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.part import Goal, Part, Tensor, as_part, call_text
from keras_residual.compose.refused import takes_a_tensor


@called
@dataclass(frozen=True, repr=False)
class Residual(Part):
    """A residual connection, as a recipe: `activation(merge(shortcut(x), branch(x)))`.

    With the defaults that is `x + branch(x)`. The recipe is frozen and can be printed,
    compared and reused. Calling it on a tensor adds plain Keras layers to the
    functional graph; calling it again adds new layers with new weights. A Keras layer
    that you put into it is one set of weights, shared wherever the recipe is called.

    A part is a Keras layer or model, a function of a tensor, a list of parts, or a
    word such as `"relu"`.

    Reference:
        He et al., Deep Residual Learning for Image Recognition, 2015, equation 1,
        https://arxiv.org/abs/1512.03385.

    Args:
        branch: The part that computes the change.
        shortcut: The part that carries the input. `"auto"` carries it as it is where
            shapes agree and projects it where they do not; `"none"` leaves the branch
            alone, a plain network.
        merge: What joins `[carried, change]`: a word, a Keras layer, or a function of
            that list. `"add"` never broadcasts.
        activation: The part after the merge. Nothing by default.
        name: Prefix of the layers' names, `<name>_<path>_<kind><n>`. Counted in each
            graph by default.

    Input shape:
        `(batch, ...)`, whatever both paths accept; sizes may be unknown.

    Output shape:
        That of the branch, unless the merge says otherwise.

    Raises:
        ResidualError: The two paths do not meet, or a word names nothing.
        KindError: A slot holds what is no part, or the branch is empty.

    Examples:
        >>> block = kr.Residual([kr.conv(64), "relu", kr.conv(64)], activation="relu")
        >>> block
        Residual([conv(64), act('relu'), conv(64)], activation=act('relu'))
        >>> inputs = keras.Input((32, 32, 3))
        >>> model = keras.Model(inputs, block(inputs, name="stem"))
        >>> for layer in model.layers[1:]:
        ...     print(layer.name)
        stem_branch_conv1
        stem_branch_relu1
        stem_shortcut_conv1
        stem_branch_conv2
        stem_merge_add1
        stem_activation_relu1
    """

    branch: PartSlot
    shortcut: ShortcutSlot = "auto"
    merge: MergeSlot = "add"
    activation: PartSlot = None
    name: str | None = None

    def __post_init__(self) -> None:
        demand("Residual", "name", "str | None", self.name)
        shortcut = "none" if self.shortcut is None else self.shortcut
        branch = as_part(self.branch)
        if branch == as_part(()):
            raise KindError(
                "Residual: the branch is empty, so x would be added to itself.",
                given=f"branch={self.branch!r}",
                needed="A branch is a part: a layer, a function, a word, or a list.",
                write='Residual([conv(64), "relu"])',
            )
        object.__setattr__(self, "branch", branch)
        object.__setattr__(self, "shortcut", as_part(shortcut))
        object.__setattr__(self, "merge", as_merge(self.merge))
        object.__setattr__(self, "activation", as_part(self.activation))

    @takes_a_tensor
    def __call__(self, x: Any, name: str | None = None) -> Tensor:
        graph.root(x)  # refuses what is not symbolic
        name = name or self.name or naming.current(x).name("residual")
        return self._join_paths(x, Scope(name))

    def unfold(self, x: Tensor, scope: Scope) -> Tensor:
        return self._join_paths(x, Scope(self.name or scope.claim("residual")))

    def _join_paths(self, x: Tensor, scope: Scope) -> Tensor:
        shortcut, merge = as_part(self.shortcut), as_merge(self.merge)
        change = as_part(self.branch).unfold(x, scope.inside("branch"))
        goal = Goal(x, change, merge)
        carried = shortcut.carry(x, goal, scope.inside("shortcut"))
        y = change
        if carried is not None:
            meet(x, {"shortcut": carried, "branch": change}, merge, scope)
            after = scope.inside("merge")
            y = keep_mask(x, merge.join([carried, change], after), after)
        return as_part(self.activation).unfold(y, scope.inside("activation"))

    def __repr__(self) -> str:
        plain = {f.name: f.default for f in fields(self)}
        given = {k: v for k, v in vars(self).items() if not _is_default(v, plain[k])}
        return call_text("Residual", inspect.signature(Residual), given)


def _is_default(value: Any, default: Any) -> bool:
    known = {"auto": as_part, "add": as_merge}
    if isinstance(default, str):
        return value == known[default](default)
    return value is default or value == as_part(())
