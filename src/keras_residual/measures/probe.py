"""Runs a model once, reads at any point of it, and writes there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import keras
import numpy as np
import rich.table
from rich.markup import escape

from keras_residual.common.errors import ResidualError
from keras_residual.common.shown import Wide
from keras_residual.compose.arguments import checked
from keras_residual.graph.agreement import must_agree
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.gradients import without_gradients
from keras_residual.graph.graph import Graph
from keras_residual.graph.numbers import array
from keras_residual.graph.running import Edit, Runner
from keras_residual.measures.batches import Batch, batches
from keras_residual.measures.points import Point, Points, Write, edit_of, written
from keras_residual.measures.reading import read_with


@dataclass(frozen=True, eq=False, repr=False)
class Run(Wide, Mapping[str, np.ndarray]):
    """What one run of a model gave: `run["add"]` is the array at that point.

    Args:
        model: Name of the model.
        outputs: What the model returns, in its structure, as NumPy arrays.
        kept: The arrays that were asked for, by their paths.
    """

    model: str
    outputs: Any
    kept: Mapping[str, np.ndarray]

    def __getitem__(self, path: str) -> np.ndarray:
        return self.kept[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.kept)

    def __len__(self) -> int:
        return len(self.kept)

    def __rich__(self) -> rich.table.Table:
        made = rich.table.Table(title=escape(self.model), box=None)
        made.add_column("point", overflow="fold")
        made.add_column("shape", justify="right", no_wrap=True)
        for path, value in self.kept.items():
            made.add_row(escape(path), " × ".join(map(str, value.shape)))
        for value in keras.tree.flatten(self.outputs):
            made.add_row("[i]output[/i]", " × ".join(map(str, value.shape)))
        return made


@checked
def run(
    model: keras.Model | Analysis,
    x: Any,
    keep: Iterable[str] | str = (),
    replace: Mapping[str, Any] | None = None,
) -> Run:
    """Runs a model once, and reads and writes at any point of it.

    It runs in inference, operation by operation, and is left as it is: weights, state
    and seeds. A point is named by

    - the path of an operation, as in `Graph` and `find_residuals`: its output. A unit
      is named by its merge, so its path is the stream after it;
    - `"<unit>/entry"`: what enters the unit, the output of another operation: what is
      written there, all its readers read;
    - `"<unit>/shortcut"` and `"<unit>/change"`: what the two paths of a sum bring to
      it. What is written there, the sum alone reads.

    Everything after what is written is computed from it, and what is kept is what the
    network goes on with. In memory is what is kept and what is still to be read.

    Args:
        model: A Functional or built Sequential model; nested models are opened. Or an
            `Analysis` of one.
        x: Examples, in one batch: an array, or a list or dict of them.
        keep: Points to read.
        replace: What to write, by the point: an array of the shape that is there, or a
            function that takes that array and returns one.

    Returns:
        The arrays by their paths, and the `outputs`.

    Raises:
        KindError: This is no Keras model, or no data.
        ResidualError: A point is unknown, an array does not fit; the model has no
            graph, or its graph does not compute what the model does.

    Reference:
        Activation patching: Vig et al., Investigating Gender Bias in Language Models
        Using Causal Mediation Analysis, 2020, https://arxiv.org/abs/2004.12265.

    Examples:
        >>> x = keras.Input((2,), name="x")
        >>> half = keras.layers.Rescaling(0.5, name="half")
        >>> model = keras.Model(x, keras.layers.Add(name="add")([x, half(x)]))
        >>> found = kr.run(model, np.ones((1, 2)), keep=["add/change", "add"])
        >>> found["add/change"].tolist(), found["add"].tolist()
        ([[0.5, 0.5]], [[1.5, 1.5]])
        >>> without = {"add/change": lambda change: 0 * change}
        >>> kr.run(model, np.ones((1, 2)), replace=without).outputs
        array([[1., 1.]], dtype=float32)
    """
    analysis, x = read_with(model, x)
    points = Points(analysis)
    kept = [keep] if isinstance(keep, str) else list(dict.fromkeys(keep))
    read = {path: points.find(path, "keep") for path in kept}
    write = {path: points.find(path, "replace") for path in replace or {}}
    graph, batch = analysis.graph, one_batch(analysis.graph, x)
    runner = Runner(graph, points.kept([*read.values(), *write.values()]))
    seen: dict[Point, Any] = dict.fromkeys(p for p in read.values() if p.part)
    edits = _edits(points, _writes(write, replace or {}), seen)
    wanted = {point.op.index for point in read.values()} | {*graph.outputs}
    found: dict[Point, Any] = {}
    outputs: dict[int, Any] = {}
    with without_gradients():
        must_agree(runner, analysis.model, batch.known)
        for index, values in runner.run(batch.known, wanted, edits=edits):
            if index in graph.outputs:
                outputs[index] = values[index]
            for point in {p for p in read.values() if p.op.index == index}:
                found[point] = array(seen.pop(point) if point.part else values[index])
    ends = [array(outputs[index]) for index in graph.outputs]
    values = {path: found[point] for path, point in read.items()}
    return Run(analysis.model.name, graph.packed(ends), values)


def one_batch(graph: Graph, x: Any) -> Batch:
    """Returns examples that run at once.

    Args:
        graph: The graph that reads them.
        x: As `measure` takes data; a second batch is refused.

    Raises:
        ResidualError: There are several batches.
    """
    found = list(islice(batches(graph, x, size=2**40), 2))
    if len(found) > 1:
        raise ResidualError(
            "Run: it takes one batch.",
            given="an iterable of several",
            needed="All examples run at once.",
            write="next(iter(data)), the first of them",
        )
    return found[0]


def _writes(
    points: Mapping[str, Point], replace: Mapping[str, Any]
) -> dict[Point, Write]:
    found: dict[Point, Write] = {}
    for path, point in points.items():
        if point in found:
            raise ResidualError(
                "Run: one point is written twice.",
                given=f'"{path}", and another name of it',
                needed="The entry of a unit is the output of an operation.",
                write=f"replace={{{path!r}: ...}}",
            )
        found[point] = written(path, replace[path])
    return found


def _edits(
    points: Points, writes: Mapping[Point, Write], seen: dict[Point, Any]
) -> dict[int, Edit]:
    """Returns what reads and writes at each operation, in one function each."""
    parted = {point.op.index for point in (*writes, *seen) if point.part}
    edits = {}
    for op in {point.op for point in (*writes, *seen)}:
        here = {point.part: write for point, write in writes.items() if point.op == op}
        told = {point.part: point for point in seen if point.op == op}
        paths = points.units[op.index] if op.index in parted else None
        edits[op.index] = edit_of(
            paths,
            here,
            lambda parts, told=told: seen.update(
                {point: parts[part] for part, point in told.items()}
            ),
        )
    return edits
