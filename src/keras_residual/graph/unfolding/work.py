"""Traces a model until all that is opened is what the model does."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from keras_residual.common.errors import ResidualError
from keras_residual.graph.unfolding.attempt import Attempt
from keras_residual.graph.unfolding.choice import Choice
from keras_residual.graph.unfolding.nesting import ClosedError, Nested
from keras_residual.graph.unfolding.refusals import why
from keras_residual.graph.unfolding.same import compared
from keras_residual.graph.unfolding.symbolic import Specs
from keras_residual.graph.unfolding.symbols import Sizes
from keras_residual.graph.unfolding.tokens import numbers_of_things
from keras_residual.graph.unfolding.tracing import Tracer
from keras_residual.graph.unfolding.unfolded import Unfolded
from keras_residual.graph.unfolding.watching import watched
from keras_residual.graph.untouched import untouched

_MOST_WRONG = 8  # layers that compute something else, one found after the other


class Work:
    """Traces a model until all that is opened is what the model does.

    Args:
        model: The model.
        choice: Which layers are opened.
        like: An example batch, to compare on.
    """

    def __init__(self, model: Any, choice: Choice, like: Any = None) -> None:
        self._model, self._choice, self._like = model, choice, like
        self._begin()
        self._unseen = ""  # what could not be compared
        self._specs = Specs()

    def _begin(self, whole: Collection[str] = ()) -> None:
        """Forgets what is known of layers at other sizes."""
        self._refused: dict[str, str] = {}
        self._whole = {*whole}  # layers that hide no unit
        self._losing: set[str] = set()  # layers that add a loss in training alone

    def unfolded(self, tried: list[Sizes]) -> Unfolded:
        """Returns what comes of the first sizes that show all units there are.

        Args:
            tried: Sizes to trace the model at, unknown ones first.
        """
        most: Attempt | None = None
        for attempt in self._candidates(self._of_kinds(tried)):
            self._begin(attempt.whole)
            found = self._agreed(attempt)
            if self._wrong(found) is None:
                return self._result(found)
            if most is None or len(attempt.opened) > len(most.opened):
                most = attempt
        return self._proved(most)  # type: ignore[arg-type]

    def _of_kinds(self, tried: list[Sizes]) -> list[Sizes]:
        """Returns sizes whose inputs are whole numbers where that is what is read."""
        if tried[0].told:
            return tried
        for sizes in tried:
            try:
                looked_up = numbers_of_things(self._traced(sizes).root.model)
            except Exception:  # of the model's own call  # noqa: S112
                continue
            return [one.whole(looked_up) for one in tried] if looked_up else tried
        return tried

    def _candidates(self, tried: list[Sizes]) -> Iterator[Attempt]:
        """Yields the attempts that show most, the one of fewest known sizes first."""
        found: list[Attempt] = []
        refused: Exception = ClosedError("it is never called")
        rest = iter(tried)
        for sizes in rest:
            try:
                found.append(self._traced(sizes))
            except Exception as error:  # of the model's own call
                refused = error
                continue
            if not found[-1].failed:
                break
        if not found:
            raise self._not_traced(refused)
        told = {path: why for one in found for path, why in one.failed.items()}
        for one in found:
            one.failed.update((path, told[path]) for path in one.failed)
        yield from self._best(found)
        for sizes in rest:  # what was traced was not what the model does
            self._begin()
            with suppress(Exception):
                yield self._traced(sizes)

    def _best(self, found: list[Attempt]) -> list[Attempt]:
        """Returns the attempts that open most; an earlier one that shows as much."""
        most = max(len(one.opened) for one in found)
        best = [one for one in found if len(one.opened) == most]
        first = found[0]
        behind = {path for path in first.failed if path in best[0].opened}
        hidden = any(best[0].has_units(path) for path in behind)
        if first.sizes.known or hidden or first is best[0]:
            return best
        return [replace(first, whole=frozenset(behind)), *best]

    def _proved(self, attempt: Attempt) -> Unfolded:
        wrong = None
        self._begin(attempt.whole)
        for _ in range(_MOST_WRONG):
            found = self._agreed(attempt)
            wrong = self._wrong(found)
            if wrong is None:
                return self._result(found)
            self._refused |= self._culprit(found, wrong)
            attempt = self._traced(attempt.sizes)
        raise self._never_the_same("more than one layer", wrong or "")

    def _wrong(self, found: Attempt) -> str | None:
        opened = found.root.model
        train = not found.pooled
        verdict = compared(self._model, opened, self._like, train=train)
        self._unseen = verdict.unseen
        return verdict.differs

    def _result(self, found: Attempt) -> Unfolded:
        shapes = [tuple(one.shape) for one in found.root.model.inputs]
        if found.sizes.alone:
            shapes = [(None, *shape[1:]) for shape in shapes]
        return Unfolded(
            found.root.model,
            {path: nested.layer for path, nested in found.opened.items()},
            {k: v for k, v in found.failed.items() if k not in self._whole},
            tuple(self._whole),
            tuple(shapes) if found.sizes.known else (),
            tuple(found.pooled),
            tuple(filter(None, (found.sizes.guessed, self._unseen))),
        )

    def _agreed(self, found: Attempt) -> Attempt:
        """Traces until all that is opened does the same in training and elsewhere."""
        while True:
            alone, known = found.without_units(), len(self._losing)
            disagree = self._disagreeing(found)
            if not alone and not disagree and known == len(self._losing):
                found.failed |= self._refused
                return found
            plain = {k for k in disagree if not found.has_units(k)}
            self._whole |= alone | plain
            self._refused |= {k: disagree[k] for k in disagree if k not in plain}
            found = self._traced(found.sizes)

    def _traced(
        self,
        sizes: Sizes,
        left: Collection[str] = (),
        *,
        training: bool = False,
        other: bool = False,
    ) -> Attempt:
        closed = {*self._refused, *self._whole, *left}
        model, opens = self._model, self._choice.opens
        with warnings.catch_warnings(), untouched(model) as scope:
            warnings.simplefilter("ignore")  # nobody asked for this call
            tracer = Tracer(
                lambda layer, path: path not in closed and opens(layer),
                scope,
                self._specs,
                alone=sizes.alone,
                losing=self._losing,
            )
            with watched(model, tracer):
                symbols = sizes.symbols(other)
                root = tracer.trace(model, symbols, training=training)
        failed = {path: why(reason) for path, reason in tracer.failed.items()}
        return Attempt(root, tracer.opened, failed, sizes)

    def _disagreeing(self, found: Attempt) -> dict[str, str]:
        """Returns the layers that do something else in training, or at other sizes."""
        elsewhere = self._elsewhere(found)
        wrong = self._in_training(found) | elsewhere
        return {path: wrong[path] for path in wrong if not _inside_of(path, wrong)}

    def _in_training(self, found: Attempt) -> dict[str, str]:
        wrong: dict[str, str] = {}
        before = {*self._losing}
        train = self._traced(found.sizes, training=True)
        for path, nested in {**found.opened, "": found.root}.items():
            learned = train.opened.get(path) if path else train.root
            if path in train.failed:
                wrong[path] = train.failed[path]
            elif learned is None or learned.outline == nested.outline:
                continue
            elif path not in self._losing and learned.plain == nested.outline:
                self._losing.add(path)
            elif path:  # of the model itself, the comparison tells
                wrong[path] = "its call does something else in training"
        learned_now = self._losing - before  # what holds these is looked at again
        return {k: v for k, v in wrong.items() if not _inside_of(k, learned_now)}

    def _elsewhere(self, found: Attempt) -> dict[str, str]:
        if not found.sizes.known:
            return {}
        other = self._traced(found.sizes, other=True)
        return {
            path: "its call does something else at other sizes"
            for path, nested in found.opened.items()
            if path in other.opened and not _inside_of(path, other.failed)
            if _kinds(other.opened[path]) != _kinds(nested)
        }  # what takes no other sizes is not among them

    def _culprit(self, found: Attempt, wrong: str) -> dict[str, str]:
        """Finds a layer that has to stay closed for the model to be the same."""
        paths = sorted(found.opened, key=lambda path: -path.count("/"))
        low, high = 0, len(paths) + 1
        while low < high:
            middle = (low + high) // 2
            tried = self._traced(found.sizes, paths[:middle])
            if self._wrong(tried) is None:
                high = middle
            else:
                low = middle + 1
        if not 0 < low <= len(paths):
            raise self._never_the_same("its own call", wrong)
        return {paths[low - 1]: f"opened, {wrong}"}

    def _not_traced(self, reason: Exception) -> ResidualError:
        return ResidualError(
            f'Model "{self._model.name}": its own call cannot be traced.',
            given=f"{type(self._model).__name__}.call: {why(reason)}",
            needed="Its operations are read by calling it on symbols, which have no "
            "values.",
            write="kr.unfold(layer)   # for a layer inside",
        )

    def _never_the_same(self, what: str, wrong: str) -> ResidualError:
        return ResidualError(
            f'Model "{self._model.name}": {what} does something that no graph holds.',
            given=f"opened, {wrong}",
            needed="What is read of a model has to be what it computes.",
            write="kr.unfold(layer)   # for a layer inside",
        )


def _inside_of(path: str, others: Collection[str]) -> bool:
    """Says whether something inside this path is among others, to be closed first."""
    return any(one.startswith(f"{path}/") for one in others)


def _kinds(nested: Nested) -> list[tuple[Any, ...]]:
    return [
        (kind, [(len(shape), dtype) for shape, dtype in shapes])
        for kind, _, _, shapes in nested.outline
    ]
