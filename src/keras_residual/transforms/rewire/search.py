"""Looks for what a network can do without, one step after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import ResidualError
from keras_residual.graph.analysis import Analysis, as_built
from keras_residual.graph.blocks import Block
from keras_residual.graph.streams import streams_of
from keras_residual.measures import measure
from keras_residual.measures.batches import batches
from keras_residual.measures.loss import Loss
from keras_residual.measures.stream import skip
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.proof import proved_by_layer
from keras_residual.transforms.rewire.backbones import shallower
from keras_residual.transforms.rewire.drop_units import dropped, known_blocks
from keras_residual.transforms.rewire.finishing import made
from keras_residual.transforms.rewire.grafting import know_masks
from keras_residual.transforms.rewire.scoring import score
from keras_residual.transforms.rewire.ways import way_round
from keras_residual.transforms.rewritten import Left
from keras_residual.transforms.trials import Trial, given_trial

PROVED = 8  # examples on which what is kept is compared with its copy


@dataclass
class Network:
    """A network that was tried, and how well it did."""

    analysis: Analysis
    dropped: str
    loss: float
    accuracy: float | None
    bad: float
    kept: bool = False


@dataclass(frozen=True)
class Search:
    """What does not change while units go.

    Args:
        data: Examples and labels.
        loss: The loss.
        batch_size: Examples that run at once.
        by: What a network is judged by.
        units: What goes at a time: `"unit"` or `"block"`.
        into: `"backbone"`, where the class of the network is kept.
        stuck: Filled with what could not go, by its path.
        origin: Filled with what the blocks that are left are called in the first
            network: a class that makes one layer less counts anew.
    """

    data: tuple[Any, Any]
    loss: Loss
    batch_size: int
    by: str
    units: str
    into: str | None
    stuck: dict[str, Left] = field(default_factory=dict)
    origin: list[str] = field(default_factory=list)

    def network(
        self, model: keras.Model | Analysis, dropped: str, *, kept: bool = False
    ) -> Network:
        """Judges a network.

        Args:
            model: The network.
            dropped: What went last.
            kept: Whether it is good enough, whatever it does.

        Raises:
            ResidualError: It is to be judged by accuracy, and is no classifier.
        """
        analysis = self._read(model)
        model = analysis.model
        loss, accuracy = score(analysis, self.data, self.loss, self.batch_size)
        if self.by == "accuracy" and accuracy is None:
            raise ResidualError(
                f'Model "{model.name}": its labels are no classes.',
                given=f"outputs {model.output_shape}, labels {_shapes(self.data[1])}",
                needed="Accuracy counts which of two or more numbers is the largest.",
                write='prune_depth(..., by="loss")',
            )
        bad = loss if self.by == "loss" else 1 - (accuracy or 0)
        return Network(analysis, dropped, loss, accuracy, bad, kept)

    def _read(self, model: keras.Model | Analysis) -> Analysis:
        if self.into is None:
            return as_built(model)
        if isinstance(model, Analysis):
            return model
        return Analysis(model, first_of(self.data[0], PROVED))

    def next(self, network: Network) -> tuple[keras.Model, str] | None:
        """Returns a network without what matters least, and what that is.

        Args:
            network: The network.
        """
        known = known_blocks(network.analysis, self.units)
        for path in self._weakest_first(network.analysis, known):
            try:
                new = self._without(network.analysis, known, path)
                return new, self._called_before(known, path)
            except NotApplicable as reason:
                self.stuck[path] = _left(known[path], reason)
        return None

    def _called_before(self, known: dict[str, Block], path: str) -> str:
        """Returns what a block is called in the first network, and forgets it."""
        if not self.into:
            return path
        paths = [*dict.fromkeys(block.path for block in known.values())]
        self.origin[:] = self.origin or paths
        return self.origin.pop(paths.index(path))

    def _weakest_first(self, analysis: Analysis, known: dict[str, Block]) -> list[str]:
        stuck = {one.path for one in self.left(analysis)}
        free = {b.path: b for b in known.values() if b.path not in stuck}
        if not free:
            return []
        scores = (self._lesions if self.units == "unit" else self._influences)(
            analysis, free
        )
        finite = [k for k in scores if k in free and np.isfinite(scores[k])]
        return sorted(finite, key=scores.__getitem__)

    def _lesions(self, analysis: Analysis, _: dict[str, Block]) -> dict[str, float]:
        table = measure(
            analysis,
            self.data,
            columns=["lesion"],
            loss=self.loss,
            batch_size=self.batch_size,
            progress=False,
        )
        return dict(zip(table.units, table["lesion"], strict=True))

    def _influences(
        self, analysis: Analysis, free: dict[str, Block]
    ) -> dict[str, float]:
        """Returns the influence of each block, its units skipped at once."""
        found = {}
        streams = streams_of(analysis.graph, analysis.units)
        for stream in streams:
            own = [b for b in free.values() if b.units[0] in stream.units]
            for length in {len(block.units) for block in own}:
                skipped = skip(
                    analysis,
                    self.data[0],
                    length=length,
                    stream=stream.path,
                    batch_size=self.batch_size,
                    progress=False,
                )
                ends = zip(skipped.first, skipped.last, strict=True)
                known = dict(zip(ends, skipped.influence, strict=True))
                for block in own:
                    if len(block.units) == length:
                        ends = (block.units[0].path, block.units[-1].path)
                        found[block.path] = known[ends]
        return found

    def left(self, analysis: Analysis) -> tuple[Left, ...]:
        """Returns what cannot go, and why.

        Args:
            analysis: A network.
        """
        known = known_blocks(analysis, self.units)
        draft = None if self.into else Draft(analysis.model)
        found = dict(self.stuck)
        for block in known.values():
            try:
                _must_go(block) if draft is None else way_round(draft, block)
            except NotApplicable as reason:
                found.setdefault(block.path, _left(block, reason))
        return tuple(found.values())

    def _without(
        self, analysis: Analysis, known: dict[str, Block], path: str
    ) -> keras.Model:
        if self.into:
            blocks = list({b.path: b for b in known.values()}.values())
            if sum(block.whole for block in blocks) == 1:
                raise NotApplicable("it is the last layer, and a backbone keeps one")
            examples = (first_of(self.data[0], PROVED), None)
            batch = next(batches(analysis.graph, examples, size=PROVED))
            return shallower(analysis, blocks, known[path], batch.known)
        draft = Draft(analysis.model)
        know_masks(analysis.graph, draft)
        dropped(draft, [path], known, self.units)
        try:
            new, copies = made(draft)
        except ResidualError as error:
            raise NotApplicable(
                f"without it {error.where.partition(': ')[2]}"
            ) from None
        proved_by_layer(draft.model, first_trial(analysis.model, self.data), copies)
        return new


def _must_go(block: Block) -> None:
    if not block.whole or block.end is None:
        raise NotApplicable("it is no layer that only its stream leaves")


def _left(block: Block, reason: NotApplicable) -> Left:
    kind = "block" if block.whole else f"{block.units[0].kind} unit"
    return Left(kind, block.path, str(reason))


def first_trial(
    model: keras.Model, data: tuple[Any, Any], count: int = PROVED
) -> Trial:
    """Returns the first examples, or as many as a model takes at a time.

    Args:
        model: The model.
        data: Examples and labels.
        count: How many.
    """
    count = model.inputs[0].shape[0] or count
    return given_trial(model, first_of(data[0], count))


def first_of(values: Any, count: int) -> Any:
    """Returns the first examples of arrays.

    Args:
        values: The arrays.
        count: How many.
    """
    return keras.tree.map_structure(lambda one: one[:count], values)


def _shapes(labels: Any) -> str:
    return ", ".join(str(np.shape(one)) for one in keras.tree.flatten(labels))
