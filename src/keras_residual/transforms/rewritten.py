"""What a rewrite gives back: the model, what changed, what was left, and the proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Never

import keras
from rich.console import Group
from rich.text import Text

from keras_residual.common.errors import KindError
from keras_residual.common.shown import Shown, whole
from keras_residual.common.wording import listed
from keras_residual.transforms.proof import Proof


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was done to a model.

    Args:
        kind: The kind of layer: `"BatchNormalization"`.
        path: The layer, after the models that it lies in.
        what: What became of it: `"into Conv2D"`.
    """

    kind: str
    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Left:
    """One thing that was left as it is, and why.

    Args:
        kind: The kind of layer.
        path: The layer, after the models that it lies in.
        why: What stood against a change.
    """

    kind: str
    path: str
    why: str


@dataclass(frozen=True, repr=False)
class Rewritten(Shown):
    """A rewritten model, with the account of what was done.

    Args:
        model: The model to use.
        changes: What was changed, in order.
        left: What was left, and why.
        proof: How far the model is from the one that it was made of; where another
            function was asked for, how far each layer that was kept is from itself.

    Examples:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> print(Rewritten(model, changes=(), left=(), proof=Proof(())))
        nothing changed
    """

    if TYPE_CHECKING:  # an attribute of the object: as the class's it is unknown
        __slots__ = ("model",)

    model: keras.Model
    changes: tuple[Change, ...]
    left: tuple[Left, ...]
    proof: Proof

    if not TYPE_CHECKING:  # which would take it for any attribute

        def __getattr__(self, name: str) -> Any:
            """Says where what a model has is to be found."""
            said = f"{type(self).__name__!r} object has no attribute {name!r}"
            if hasattr(keras.Model, name) and not name.startswith("_"):
                said += f": the new model has it. Write: result.model.{name}"
            raise AttributeError(said)

    def __call__(self, *given: Any, **options: Any) -> Never:
        """Refuses: the new model is called."""
        del given, options
        raise KindError(
            f"{type(self).__name__} is the account of a rewrite, and was called.",
            needed="The new model stands in it.",
            write="result.model(x)",
        )

    def __rich__(self) -> Group:
        parts: list = [Text(self._headline())]
        done: dict[tuple[str, ...], list[str]] = {}
        for change in self.changes:
            done.setdefault((change.kind, change.what), []).append(change.path)
        kept: dict[tuple[str, ...], list[str]] = {}
        for one in self.left:
            kept.setdefault((one.kind, one.why), []).append(one.path)
        for grouped, heads in ((done, ("changed", "")), (kept, ("left", "why"))):
            if grouped:
                table = whole(*heads, "times", "layers")
                for words, paths in grouped.items():
                    cells = (*words, str(len(paths)), listed(paths, 2))
                    table.add_row(*map(Text, cells))  # names are no markup
                parts += [Text(), table]
        if self.proof.weak:
            parts += [Text(), Text(self.proof.caution)]
        return Group(*parts)

    def _kept(self) -> str:
        if not self.proof.layers:
            return ""
        count = len({one.output for one in self.proof.layers})
        return f"; {count} of its calls compute what they did"

    def _headline(self) -> str:
        if not self.changes:
            return "nothing changed"
        count = len(self.changes)
        said = f"{count} {'change' if count == 1 else 'changes'}, "
        if not self.proof.comparisons:
            return f"{said}and the model computes another function{self._kept()}"
        return f"{said}largest difference {self.proof.largest:.1e} of scale"
