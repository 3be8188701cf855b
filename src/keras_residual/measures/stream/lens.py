"""The lens: the network's own read-out, applied to its stream at every depth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import rich.table
from numpy.typing import NDArray

from keras_residual.common.errors import ResidualError
from keras_residual.common.shown import Wide
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.graph import mask as mask_of
from keras_residual.graph.activations import activation_name, activation_of
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.numbers import array, numbers
from keras_residual.measures.batches import Batch
from keras_residual.measures.reading import read_with
from keras_residual.measures.stream.answers import Answers, answers_of, logarithms
from keras_residual.measures.stream.head import Head
from keras_residual.measures.stream.labels import labels_of
from keras_residual.measures.stream.passing import Passing, passing
from keras_residual.measures.stream.tables import table

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Lens(Wide):
    """What the network would answer if it ended at each depth.

    The arrays have a row a depth, the start first, then an entry an example and, where
    the network answers at positions, an entry a position.

    Args:
        model: Name of the model.
        points: "start", and the path of each unit.
        top: The class that gets the most.
        probability: What it gets.
        entropy: Of the answer, in nats.
        kl: Kullback-Leibler divergence of the final answer from this one, in nats.
        loss: Cross-entropy with the labels, in nats; None without labels.
        right: Whether the top class is the label's; None without labels.
        weights: What each answer counts in a mean: 0 where a mask leaves it out.
        notes: What has to be said.
    """

    model: str
    points: tuple[str, ...]
    top: NDArray[np.int64]
    probability: Array
    entropy: Array
    kl: Array
    loss: Array | None
    right: Array | None
    weights: Array = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def agreement(self) -> Array:
        """The share of answers, at each depth, whose top class is the final one."""
        return self.mean((self.top == self.top[-1]).astype(float))

    def mean(self, values: Array) -> Array:
        """Returns the mean over examples and positions, at each depth.

        Args:
            values: One of the arrays.
        """
        flat = values.reshape(len(values), -1)
        return flat @ self.weights.ravel() / self.weights.sum()

    def rows(self) -> list[dict[str, Any]]:
        """Returns a row a depth: the means, by name."""
        columns = {
            "agreement": self.agreement,
            "entropy": self.mean(self.entropy),
            "kl": self.mean(self.kl),
        }
        if self.loss is not None and self.right is not None:
            columns["loss"] = self.mean(self.loss)
            columns["accuracy"] = self.mean(self.right)
        return [
            {"point": point, **{name: float(v[k]) for name, v in columns.items()}}
            for k, point in enumerate(self.points)
        ]

    def __rich__(self) -> rich.table.Table:
        title = f"lens of {self.model}: {self.weights.size} answers"
        return table(title, self.rows(), self.notes)


@checked
def lens(
    model: keras.Model | Analysis,
    data: Any,
    *,
    stream: str | None = None,
    output: int | None = None,
    batch_size: Count = 64,
    progress: bool = True,
) -> Lens:
    """Applies a network's own read-out to its stream after each unit: the logit lens.

    `p_k = softmax(R(x_k))`, with `x_k` the stream after unit k and `R` all that stands
    after the last unit; norms in `R` take the statistics of `x_k`. `entropy = -Σ p_k
    log p_k`, `kl = Σ p_L log(p_L / p_k)`, in nats: how far the answer is from the final
    one. It is what early exit at each depth would answer. The trunk runs once; the
    read-out runs once a depth. A lens that is not trained reads early depths in a basis
    that they need not use: what it does not find may still be there.

    Args:
        model: A Functional or built Sequential model, whoever built it; or an
            `Analysis` of one.
        data: As `measure` takes it; with labels, sparse or one-hot, it tells loss and
            accuracy. A mask of the output, and weights of the data, count in means.
        stream: The path of a unit of the stream; by default the last stream of two
            units or more.
        output: Which output of the model, from 0; by default the first that the stream
            reaches.
        batch_size: Examples that run at once, where data is arrays.
        progress: Whether a bar is shown on a terminal, in the error stream.

    Returns:
        The answers at each depth. An output without a softmax is taken as logits; the
        notes say so.

    Raises:
        KindError: This is no Keras model, or no data.
        ResidualError: There is no such stream or output; the output is no distribution
            over classes; labels do not fit.

    Reference:
        nostalgebraist, Interpreting GPT: the logit lens, 2020. What an untrained lens
        misses: Belrose et al., Eliciting Latent Predictions from Transformers with the
        Tuned Lens, 2023, https://arxiv.org/abs/2303.08112.

    Examples:
        >>> x = keras.Input((2,), name="x")
        >>> double = keras.layers.Rescaling(2.0, name="double")
        >>> y = keras.layers.Add(name="add")([x, double(x)])
        >>> model = keras.Model(x, keras.layers.Softmax()(y))
        >>> found = kr.stream.lens(model, np.array([[1.0, 0.0]]))
        >>> found.points, found.top.tolist(), found.probability.round(3).tolist()
        (('start', 'add'), [[0], [0]], [[0.731], [0.953]])
    """
    analysis, data = read_with(model, data)
    look = passing(analysis, stream)
    head = look.head(output)
    told = _must_answer(look, head)
    every = [
        _of_batch(look, head, batch)
        for batch in look.batches(data, batch_size, progress, "reading")
    ]
    whole = Answers(*map(_joined, zip(*every, strict=True)))
    return Lens(look.name, look.stream.names, *whole, notes=(*told, *look.notes))


def _must_answer(look: Passing, head: Head) -> tuple[str, ...]:
    """Says that logits were guessed; refuses what is no distribution over classes."""
    width = head.op.shape[1 if head.first else -1]
    if head.share == "softmax" or (head.share == "sigmoid" and width == 1):
        return ()
    path = look.stream.graph.ops[look.stream.graph.outputs[head.output]].path
    bent = head.share
    if not bent and activation_of(head.op.layer) is not None:
        bent = activation_name(head.op.layer)
    if bent or width == 1 or "float" not in head.op.dtype:
        raise ResidualError(
            f'Lens of "{look.name}": its output is no distribution over classes.',
            given=f'output "{path}" of shape {head.op.shape}'
            + (f" with a {bent}" if bent else ""),
            needed="The lens compares answers by their entropy and divergence: it "
            "takes a softmax, logits of two classes or more, or one sigmoid.",
            write="kr.stream.skip(model, x), which compares any output",
        )
    return (f'output "{path}" has no softmax: it is taken as logits',)


def _of_batch(look: Passing, head: Head, batch: Batch) -> Answers:
    points = [op.index for op in look.stream.points]
    found = look.trunk(batch, points)
    beside = {**batch.known, **found}

    def logits(point: int) -> Any:
        return look.read(found[point], beside, head, {})

    final = logits(points[-1])
    mask = mask_of(final)
    last = logarithms(head, final)
    labels = None if batch.labels is None else labels_of(batch, head, last.shape)
    read = [answers_of(logarithms(head, logits(p)), last, labels) for p in points[:-1]]
    rows = [*read, answers_of(last, last, labels)]
    weights = _weights(tuple(last.shape[:-1]), mask, batch.weights)
    columns = [
        None if column[0] is None else np.stack(column)
        for column in zip(*rows, strict=True)
    ]
    top, probability, entropy, kl, loss, right = columns
    return Answers(top, probability, entropy, kl, loss, right, weights[None])


def _weights(shape: tuple[int, ...], mask: Any, given: Any) -> Array:
    weights = np.ones(shape)
    for factor in (mask, given):
        if factor is not None:
            each = numbers(array(factor))
            wide = each.reshape(*each.shape, *(1,) * (len(shape) - each.ndim))
            weights = weights * wide
    return weights


def _joined(column: tuple[Any, ...]) -> Any:
    if column[0] is None:
        return None
    if len({each.shape[2:] for each in column}) > 1:
        raise ResidualError(
            "Lens: batches have different numbers of positions.",
            given=f"{', '.join(str(each.shape[2:]) for each in column[:5])}",
            needed="Answers are put in one array.",
            write="one call of lens for each, or sequences padded to one length",
        )
    return np.concatenate(column, axis=1)
