"""How alike the streams after two units are: centred kernel alignment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual.common.errors import ResidualError
from keras_residual.compose.arguments import Count, checked
from keras_residual.graph.agreement import must_agree
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.gradients import without_gradients
from keras_residual.graph.numbers import numbers
from keras_residual.graph.running import Runner
from keras_residual.measures.batches import batches
from keras_residual.measures.forms import count
from keras_residual.measures.measuring import bar
from keras_residual.measures.padding import counts_of, zeroed
from keras_residual.measures.reading import read_with
from keras_residual.measures.unit_activations import Array


@dataclass(frozen=True, eq=False)
class Similarity:
    """How alike the streams after each two units are.

    Args:
        units: The path of each unit.
        matrix: A row and a column a unit; 1 is alike, 0 unrelated.
        examples: How many were looked at.
        notes: Which layers were not looked into.
    """

    units: tuple[str, ...]
    matrix: NDArray[np.float64]
    examples: int
    notes: tuple[str, ...] = ()


@checked
def cka(
    model: keras.Model | Analysis,
    data: Any,
    *,
    batch_size: Count = 64,
    progress: bool = True,
) -> Similarity:
    """Compares the streams that leave each two units, by linear CKA.

    `CKA = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L))`, `K = X X'` of all values of each
    example. HSIC is the unbiased estimate, averaged over batches before the division,
    so small batches do not raise it. Blocks of high values are units that do little.
    Of a batch the kernels are kept, and not the streams.

    Args:
        model: A Functional or built Sequential model; nested models are opened.
        data: As `measure` takes it; labels are not looked at.
        batch_size: Examples that are compared with each other, where data is arrays. A
            rest of fewer than four is left out.
        progress: Whether a bar is shown on a terminal, in the error stream.

    Returns:
        The matrix; NaN where a stream does not vary, or varies so little that the
        estimate is not above zero.

    Raises:
        KindError: This is no Keras model, or no data.
        ResidualError: The model has no graph; data does not fit; no batch has four
            examples.

    Reference:
        Nguyen et al., Do Wide and Deep Networks Learn the Same Things?, 2020,
        equations 3 to 5, https://arxiv.org/abs/2010.15327.

    Examples:
        >>> x = keras.Input((8,), name="x")
        >>> y = keras.layers.Add(name="a")([x, keras.layers.Rescaling(0.5)(x)])
        >>> y = keras.layers.Add(name="b")([y, keras.layers.Rescaling(2.0)(y)])
        >>> data = np.random.default_rng(0).normal(size=(16, 8))
        >>> cka(keras.Model(x, y), data).matrix.round(3).tolist()
        [[1.0, 1.0], [1.0, 1.0]]
    """
    analysis, data = read_with(model, data)
    graph, units = analysis.graph, analysis.units
    merges = [unit.merge.index for unit in units]
    runner = Runner(graph)
    total, examples = np.zeros((len(units), len(units))), 0
    with bar(progress) as shown, without_gradients():
        for batch in shown.track(
            batches(graph, data, size=batch_size),
            total=count(data, batch_size),
            description=f"comparing {analysis.model.name}",
        ):
            if batch.examples < 4:
                continue
            if not examples:
                must_agree(runner, analysis.model, batch.known)
            found = {
                index: _kernel(values[index])
                for index, values in runner.run(batch.known, set(merges))
            }
            total += batch.examples * pairs(unbiased_hsic, [found[i] for i in merges])
            examples += batch.examples
    if not examples:
        raise ResidualError(
            f'CKA of "{analysis.model.name}": the batches are too small.',
            given="no batch of four examples or more",
            needed="The unbiased estimate divides by n (n - 3).",
            write="cka(model, x), with x of 64 examples or more",
        )
    paths = tuple(unit.path for unit in units)
    return Similarity(paths, _aligned(total), examples, analysis.notes)


@np.errstate(over="ignore", invalid="ignore")  # what overflows has no similarity
def unbiased_hsic(k: Array, l: Array) -> float:  # noqa: E741  as in the paper
    """Returns the unbiased estimate of the Hilbert-Schmidt independence criterion.

    Args:
        k: Kernel of n examples.
        l: Another kernel of the same examples.

    Reference:
        Song et al., Feature Selection via Dependence Maximization, 2012, equation 5;
        Nguyen et al., 2020, equation 3, https://arxiv.org/abs/2010.15327.
    """
    n = len(k)
    k, l = (m - np.diag(np.diag(m)) for m in (k, l))  # noqa: E741
    trace = np.sum(k * l.T)
    sums = k.sum() * l.sum() / ((n - 1) * (n - 2))
    mixed = 2 * k.sum(0) @ l.sum(1) / (n - 2)
    return float((trace + sums - mixed) / (n * (n - 3)))


def pairs(measure: Callable[[Array, Array], float], kernels: list[Array]) -> Array:
    """Returns a symmetric measure of each two kernels.

    Args:
        measure: Of two kernels.
        kernels: One a unit.
    """
    found = np.zeros((len(kernels), len(kernels)))
    for i, k in enumerate(kernels):
        for j, other in enumerate(kernels[: i + 1]):
            found[i, j] = found[j, i] = measure(k, other)
    return found


@np.errstate(over="ignore", invalid="ignore")
def _kernel(tensor: Any) -> Array:
    rows = zeroed(numbers(tensor), counts_of(tensor))
    rows = rows.reshape(len(rows), -1)
    return rows @ rows.T


def _aligned(hsic: Array) -> Array:
    own = np.diag(hsic)
    sizes = np.sqrt(np.where(own > 0, own, np.nan))
    return hsic / np.outer(sizes, sizes)
