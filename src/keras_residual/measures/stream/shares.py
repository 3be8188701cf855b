"""The parts of a logit: a gradient through what is linear, times what was added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import listed
from keras_residual.graph.agreement import HALF, TOLERANCE
from keras_residual.graph.gradients import gradients
from keras_residual.graph.handing import masked_as
from keras_residual.graph.numbers import numbers
from keras_residual.graph.op import Op
from keras_residual.graph.running import Edit, Values
from keras_residual.measures.batches import Batch
from keras_residual.measures.points import parts_of
from keras_residual.measures.stream.head import Head
from keras_residual.measures.stream.linear import Bent, Way
from keras_residual.measures.stream.passing import Passing
from keras_residual.measures.stream.target import target_of

Array = NDArray[np.float64]
ops: Any = keras.ops
Edits = Mapping[int, Edit]


class Shares:
    """Takes logits of batches apart.

    Args:
        look: The stream.
        head: Where the logits are read.
    """

    def __init__(self, look: Passing, head: Head) -> None:
        self._look, self._head = look, head
        self._first = 0  # the unit that the sum starts at
        self._ways: dict[int, Way] = {}  # to each unit after that
        self._read_out: Way | None = None
        self.notes: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """What the parts are called."""
        units = self._look.stream.names[1 + self._first :]
        return ("start", *units, "constant")

    def of(self, batch: Batch, asked: tuple[Any, Any, Any]) -> tuple[Array, Array]:
        """Returns the parts of each example, and what they are parts of.

        Args:
            batch: The examples.
            asked: The class, the one to take off, and the position.

        Raises:
            ResidualError: The way to the logits is not linear.
        """
        look = self._look
        beside = {**batch.known, **look.trunk(batch, self._wanted())}
        end = beside[look.stream.end.index]
        logits = look.read(end, beside, self._head, {})
        target = target_of(self._head, logits, *asked)
        total = numbers(target.of(self._head, logits))
        self._must_be_finite(total)
        if self._read_out is None:
            self._read_out = self._look_at(batch)
        read_out = self._read_out.held(beside)

        def asked_of(stream: Any) -> Any:
            logits = look.read(stream, beside, self._head, read_out)
            return target.of(self._head, logits)

        (slope,) = gradients(lambda at: ops.sum(asked_of(at[0])), [end])
        constant = numbers(asked_of(ops.zeros_like(end)))
        slopes, more = self._back(slope, beside)
        rows = np.stack([*self._added(batch, slopes), constant + more])
        self._must_add_up(rows, total)
        return rows, total

    def _wanted(self) -> list[int]:
        """Returns the points that ways start from, and what ways read beside them."""
        stream, found = self._look.stream, []
        for way, before in zip(stream.ways, stream.points, strict=False):
            own = {op.index for op in way}
            reads = {index for op in way for index in stream.graph.reads(op)}
            found += [*(reads - own), *([before.index] if way else [])]
        return found

    def _look_at(self, batch: Batch) -> Way:
        """Finds the norms to hold, on one example, and where the sum starts."""
        look, stream = self._look, self._look.stream
        known = {k: x if x is None else x[:1] for k, x in batch.known.items()}
        first = replace(batch, known=known, examples=1)
        beside = {**known, **look.trunk(first, self._wanted())}
        end, op = stream.end.index, self._head.op.index
        bare = {} if self._head.bare is None else {op: self._head.bare}
        try:
            read_out = Way(
                look.runner, stream.graph.between(end, op), end, bare, beside
            )
        except Bent as found:
            raise self._not_linear(found.op) from None
        for k in reversed(range(1, len(stream.units))):
            start, way = stream.points[k].index, stream.ways[k]
            try:
                self._ways[k] = Way(look.runner, way, start, {}, beside)
            except Bent as found:
                self._first = k
                path = stream.units[k].path
                self.notes = (
                    f'the sum starts at unit "{path}": behind "{found.op.path}" it is '
                    "no sum any more",
                )
                break
        return read_out

    def _back(self, slope: Any, beside: Values) -> tuple[list[Any], Array | float]:
        """Returns the slope at each merge, and what norms between units add."""
        stream, slopes, constant = self._look.stream, [slope], 0.0
        for k in reversed(range(self._first + 1, len(stream.units))):
            if stream.ways[k]:
                before, held = (
                    beside[stream.points[k].index],
                    self._ways[k].held(beside),
                )

                def carried(at: Any, k: int = k, held: Edits = held) -> Any:
                    return self._along(at, k, beside, held)

                nothing = carried(ops.zeros_like(before))
                constant = constant + _product(slope, nothing)
                (slope,) = gradients(
                    lambda at, s=slope, to=carried: ops.sum(s * to(at[0])), [before]
                )
            slopes.append(slope)
        return slopes[::-1], constant

    def _along(self, stream: Any, k: int, beside: Values, edits: Edits) -> Any:
        """Returns what the shortcut of a unit brings, from the point before it."""
        points, carried = self._look.stream.points, self._look.stream.carried[k].index
        start = points[k].index
        known = {**beside, start: masked_as(beside[start], stream)}
        run = self._look.runner.run(known, {carried}, edits=edits)
        return next(values[carried] for _, values in run)

    def _added(self, batch: Batch, slopes: list[Any]) -> list[Array]:
        """Runs the trunk again, and takes what each unit adds times its slope."""
        found: list[Array] = []
        units = self._look.stream.units[self._first :]
        merges = [unit.merge.index for unit in units]
        for k, (index, values) in enumerate(
            self._look.runner.run(batch.known, set(merges))
        ):
            paths = self._look.paths[self._first + k]
            parts = parts_of(paths, values[index], values)
            if not k:
                found.append(_product(slopes[0], parts["shortcut"]))
            found.append(_product(slopes[k], parts["change"]))
        return found

    def _must_be_finite(self, total: Array) -> None:
        if not np.isfinite(total).all():
            raise ResidualError(
                f'Attribution of "{self._look.name}": there are no parts.',
                given=f"logits of {listed(total.tolist(), 3)}",
                needed="What is not finite is no sum.",
                write="kr.run(model, x, keep=...), to see where it begins",
            )

    def _must_add_up(self, rows: Array, total: Array) -> None:
        scale = np.abs(rows).sum(0).max()
        half = "16" in self._head.op.dtype or "16" in self._look.stream.end.dtype
        far = np.abs(rows.sum(0) - total).max()
        if not far <= (HALF if half else TOLERANCE) * scale:
            raise ResidualError(
                f'Attribution of "{self._look.name}": the parts do not add up.',
                given=f"they are {far:.2g} from logits, of {scale:.2g} in all",
                needed="The numbers of its dtype are too coarse for the sum.",
                write='keras.config.set_dtype_policy("float32"), and the model again',
            )

    def _not_linear(self, op: Op) -> ResidualError:
        stream = self._look.stream
        before = next(
            source
            for source in op.sources
            if source == stream.end.index
            or stream.graph.reaches(stream.end.index, source)
        )
        path = stream.graph.ops[before].path
        return ResidualError(
            f'Attribution of "{self._look.name}": its read-out is not linear.',
            given=f'"{op.path}", {type(op.layer).__name__}',
            needed="Parts of a sum reach a logit one by one where all that follows the "
            "stream is linear, but for norms,\nwhich are held. Before this operation "
            "it still is.",
            write=f"at={path!r}, target=0, to take apart what is there",
        )


def _product(slope: Any, added: Any) -> Array:
    """Returns the inner product of two values, an example each."""
    a, b = numbers(slope), numbers(added)
    return (a * b).reshape(len(a), -1).sum(1)
