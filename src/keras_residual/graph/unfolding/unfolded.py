"""What comes of opening a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras
from rich.text import Text

from keras_residual.common.shown import Shown


@dataclass(frozen=True, repr=False)
class Unfolded(Shown):
    """A model whose layers were opened, and what was not.

    Args:
        model: A functional model that computes the same, on the same weights.
        opened: The layers that stand in it as nested models, by their path.
        closed: Why others were left as they are, by their path.
        whole: The paths of layers that were looked into and hold no residual unit:
            they stand as they are.
        sizes: The shapes that it was read at, where sizes of the inputs had to be
            known; it takes no others. Else empty.
        pooled: The paths of `TimeDistributed` layers whose batch statistics are taken
            of all steps at once, where Keras takes those of each: in training these
            differ, in inference nothing does.
        notes: What was guessed, and what could not be compared, in sentences.
    """

    if TYPE_CHECKING:  # an attribute of the object: as the class's it is unknown
        __slots__ = ("model",)

    model: keras.Model
    opened: Mapping[str, Any] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    sizes: tuple[tuple[int | None, ...], ...] = ()
    pooled: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __rich__(self) -> Text:
        lines = [f"{len(self.opened)} layers opened, {len(self.closed)} left closed"]
        lines += [f"  {path}: {reason}" for path, reason in self.closed.items()]
        if self.sizes:
            lines.append(f"  read at {', '.join(map(str, self.sizes))}")
        lines += [f"  {note}" for note in self.notes]
        return Text("\n".join(lines))
