"""What each unit adds to a logit: direct logit attribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import rich.table
from numpy.typing import NDArray

from keras_residual.common.shown import Wide
from keras_residual.compose.arguments import Count, checked
from keras_residual.graph.analysis import Analysis
from keras_residual.measures.reading import read_with
from keras_residual.measures.stream.passing import passing
from keras_residual.measures.stream.shares import Shares
from keras_residual.measures.stream.tables import table
from keras_residual.measures.stream.target import Classes

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Attribution(Wide):
    """What the start of a stream, its units and the read-out add to a logit.

    Args:
        model: Name of the model.
        parts: "start", the path of each unit, and "constant".
        values: What each adds, in a row a part, an entry an example.
        total: The logit of each example, as the network computes it.
        notes: What has to be said.
    """

    model: str
    parts: tuple[str, ...]
    values: Array
    total: Array
    notes: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """Returns a row a part: the mean, and the mean size."""
        sizes = np.abs(self.values).mean(1)
        columns = zip(self.parts, self.values.mean(1), sizes, strict=True)
        return [
            {"part": part, "adds": float(mean), "size": float(size)}
            for part, mean, size in columns
        ]

    def __rich__(self) -> rich.table.Table:
        total = f"{self.total.mean():.3g}, the mean of {len(self.total)} examples"
        title = f"attribution of {self.model}: parts of {total}"
        return table(title, self.rows(), self.notes)


@checked
def attribution(  # noqa: PLR0913
    model: keras.Model | Analysis,
    data: Any,
    *,
    target: Classes = None,
    versus: Classes = None,
    position: int | None = -1,
    at: str | int | None = None,
    stream: str | None = None,
    batch_size: Count = 64,
    progress: bool = True,
) -> Attribution:
    """Says what each unit adds to a logit, directly: through the read-out alone.

    The stream is a sum, `x_L = x_0 + Σ F_k`. With each norm of the read-out `R`
    dividing by what it divided by in the run, `R` is linear, so the logit before the
    last softmax is `R(0) + R' x_0 + Σ R' F_k`, and these parts add up to it. What a
    unit does through later units is in their parts. Norms between units, of networks
    that have them there, are held as well; behind an activation between units the sum
    starts anew, and the notes say where. Norms are known by what they do, so those of
    other libraries are.

    Args:
        model: A Functional or built Sequential model, whoever built it; or an
            `Analysis` of one.
        data: As `measure` takes it; labels are not looked at.
        target: The class whose logit it is, or one for each example; by default the one
            that gets the most.
        versus: A class whose logit is taken off, or one for each example; by default
            none.
        position: Where it is read, along the positions of a sequence: by default the
            last that no mask leaves out. None for the mean of all, as of pictures.
        at: Which output it is, from 0; by default the first that the stream reaches. Or
            the path of an operation before it, whose last axis is read as classes:
            where the logits are not linear in the stream.
        stream: The path of a unit of the stream; by default the last stream of two
            units or more.
        batch_size: Examples that run at once, where data is arrays.
        progress: Whether a bar is shown on a terminal, in the error stream.

    Returns:
        The parts of each example.

    Raises:
        KindError: This is no Keras model, or no data.
        ResidualError: The read-out is not linear, even with its norms held; there is no
            such stream, class or position.

    Reference:
        Elhage et al., A Mathematical Framework for Transformer Circuits, 2021; Wang et
        al., Interpretability in the Wild, 2022, https://arxiv.org/abs/2211.00593.

    Examples:
        >>> x = keras.Input((2,), name="x")
        >>> half = keras.layers.Rescaling(0.5, name="half")
        >>> model = keras.Model(x, keras.layers.Add(name="add")([x, half(x)]))
        >>> found = kr.stream.attribution(model, np.array([[4.0, 1.0]]), target=0)
        >>> found.parts, found.values.tolist()
        (('start', 'add', 'constant'), [[4.0], [2.0], [0.0]])
    """
    analysis, data = read_with(model, data)
    look = passing(analysis, stream)
    shares = Shares(look, look.head(at))
    found: list[tuple[Array, Array]] = []
    seen = 0
    for batch in look.batches(data, batch_size, progress, "attributing"):
        own = slice(seen, seen := seen + batch.examples)
        classes = (
            each if np.ndim(each) == 0 else each[own] for each in (target, versus)
        )
        found.append(shares.of(batch, (*classes, position)))
    return Attribution(
        look.name,
        shares.parts,
        np.concatenate([values for values, _ in found], axis=1),
        np.concatenate([total for _, total in found]),
        (*shares.notes, *look.notes),
    )
