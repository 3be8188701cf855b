"""A shallower network, and how it came to be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import keras
from rich.console import Group
from rich.text import Text

from keras_residual.common.shown import Shown, whole
from keras_residual.transforms.rewire.curve import Step
from keras_residual.transforms.rewritten import Left


@dataclass(frozen=True, repr=False)
class Pruned(Shown):
    """A shallower network, and the curve that led to it.

    Args:
        model: The smallest network that was allowed, not compiled.
        steps: The network itself, then one for each unit that went; where the last is
            not kept, it is what ended the search.
        left: Units that cannot be dropped, and why.
    """

    if TYPE_CHECKING:  # an attribute of the object: as the class's it is unknown
        __slots__ = ("model",)

    model: keras.Model
    steps: tuple[Step, ...]
    left: tuple[Left, ...]

    @property
    def dropped(self) -> tuple[str, ...]:
        """The paths of the units that went, in order."""
        return tuple(step.dropped for step in self.steps[1:] if step.kept)

    def draw(self, path: str | Path) -> None:
        """Draws accuracy against units and time; networks that were kept are filled.

        Args:
            path: A file ".svg", ".png" or ".pdf".

        Raises:
            ResidualError: The file has another ending.
            PackageError: A package of the extra "report" is not installed.
        """
        from keras_residual.transforms.rewire.picture import (  # noqa: PLC0415  slow
            draw_curves,
        )

        draw_curves({self.model.name: self.steps}, path)

    def __rich__(self) -> Group:
        heads = ("without", "units", "loss", "accuracy", "parameters", "one sample", "")
        table = whole(*heads)
        for step in self.steps:
            right = "–" if step.accuracy is None else f"{step.accuracy:.1%}"
            table.add_row(
                Text(step.dropped or "–"),
                str(step.units),
                f"{step.loss:.4f}",
                right,
                f"{step.parameters:,}",
                f"{step.milliseconds:.2f} ms",
                "" if step.kept else "too much",
            )
        notes = [Text(f"{one.path} stays: {one.why}") for one in self.left]
        return Group(table, *notes)
