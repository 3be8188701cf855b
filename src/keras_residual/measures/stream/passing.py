"""What all looks at a stream share: which one, its examples, and its read-out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import counted, listed, nearest
from keras_residual.graph.agreement import must_agree
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.gradients import without_gradients
from keras_residual.graph.handing import masked_as
from keras_residual.graph.running import Edit, Runner, Values
from keras_residual.graph.streams import Stream, streams_of
from keras_residual.measures.batches import Batch, batches
from keras_residual.measures.forms import count
from keras_residual.measures.measuring import bar
from keras_residual.measures.stream.head import Head, head_of
from keras_residual.measures.unit_activations import UnitPaths


@dataclass(frozen=True)
class Passing:
    """One stream of a model, and how examples pass through it.

    Args:
        analysis: The model.
        stream: The stream.
        notes: What has to be said of the choice.
    """

    analysis: Analysis
    stream: Stream
    notes: tuple[str, ...]

    @cached_property
    def paths(self) -> tuple[UnitPaths, ...]:
        """The units of the stream, as a measure sees them."""
        return tuple(UnitPaths(self.stream.graph, unit) for unit in self.stream.units)

    @cached_property
    def runner(self) -> Runner:
        """Runs the graph; at each merge the ends of its paths are alive."""
        kept = {paths.unit.merge.index: paths.kept for paths in self.paths}
        return Runner(self.stream.graph, kept)

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.analysis.model.name

    def head(self, at: str | int | None) -> Head:
        """Returns what the stream is read as.

        Args:
            at: Which output of the model; None for the first that the stream reaches;
                or the path of an operation after it.

        Raises:
            ResidualError: The stream does not reach it.
        """
        if isinstance(at, str):
            return self._operation(at)
        reached = self.stream.outputs
        chosen = reached[0] if at is None else at
        if chosen not in reached:
            raise ResidualError(
                f'Stream "{self.stream.path}": it does not reach this output.',
                given=f"output {at!r}",
                needed=f"It reaches {listed(reached)}, counted from 0; another may be "
                "read from another stream.",
                write=f"{reached[0]}, or stream=..., a unit before that output",
            )
        return head_of(self.stream.graph, chosen)

    def _operation(self, path: str) -> Head:
        behind = (self.stream.end, *self.stream.read_out)
        for op in behind:
            if op.path == path:
                return Head(0, op)
        known = nearest(path, [op.path for op in behind])
        raise ResidualError(
            f'Stream "{self.stream.path}": nothing behind it has this name.',
            given=f"at={path!r}",
            needed=f"Behind it are {known}.",
            write=f"at={self.stream.path!r}, the end of the stream itself",
        )

    def batches(
        self, data: Any, batch_size: int, progress: bool, doing: str
    ) -> Iterator[Batch]:
        """Yields data in batches, and shows a bar.

        Args:
            data: As `measure` takes it.
            batch_size: Examples in a batch that is cut from arrays.
            progress: Whether a bar is shown.
            doing: What the bar says.

        Raises:
            ResidualError: The graph does not compute what the model does.
        """
        believed = False
        with bar(progress) as shown, without_gradients():
            for batch in shown.track(
                batches(self.stream.graph, data, size=batch_size),
                total=count(data, batch_size),
                description=f"{doing} {self.name}",
            ):
                if not believed:
                    must_agree(self.runner, self.analysis.model, batch.known)
                    believed = True
                yield batch

    def trunk(self, batch: Batch, wanted: Collection[int]) -> dict[int, Any]:
        """Runs the network once up to the end of the stream.

        Args:
            batch: The examples.
            wanted: The operations whose values are kept.

        Returns:
            The values, and what the read-out reads beside the stream.
        """
        all_wanted = {*wanted, *self.stream.outside, self.stream.end.index}
        passes = self.runner.run(batch.known, all_wanted)
        return {index: values[index] for index, values in passes}

    def read(
        self, stream: Any, beside: Values, head: Head, edits: Mapping[int, Edit]
    ) -> Any:
        """Runs the read-out on a stream, whatever its depth.

        Args:
            stream: What stands for the end of the stream.
            beside: What `trunk` returned.
            head: What is read.
            edits: What changes values on the way.
        """
        end = self.stream.end.index
        known = {**beside, end: masked_as(beside[end], stream)}
        every = {**edits, **head.edits(self.stream.graph)}
        run = self.runner.run(known, {head.op.index}, edits=every)
        return next(values[index] for index, values in run)


def passing(analysis: Analysis, stream: str | None) -> Passing:
    """Chooses a stream that reaches an output of a model.

    Args:
        analysis: What was read of the model.
        stream: The path of a unit in it; None for the last stream of two units or more.

    Raises:
        ResidualError: There is no stream, or none with this unit.
    """
    every = streams_of(analysis.graph, analysis.units)
    found = [one for one in every if one.outputs]
    if not found:
        raise ResidualError(
            f'Model "{analysis.model.name}" has no residual stream.',
            given=f"{len(analysis.units)} residual units",
            needed="A stream is a row of units that sum, of one shape, whose "
            "shortcuts are known.",
            write="kr.find_residuals(model), to see what was found",
        )
    notes = analysis.notes
    if stream is not None:
        return Passing(analysis, _of_unit(found, stream, analysis.model.name), notes)
    chosen = next((s for s in reversed(found) if len(s.units) > 1), found[-1])
    others = [f'stream="{s.path}"' for s in found if s is not chosen]
    if others:
        more = counted(len(others), "more stream")
        notes = (f"{more} to choose: {listed(others, 3)}", *notes)
    return Passing(analysis, chosen, notes)


def _of_unit(streams: list[Stream], path: str, name: str) -> Stream:
    for one in streams:
        if path in one.names[1:]:
            return one
    ends = [one.path for one in streams]
    raise ResidualError(
        f'Model "{name}": no stream has this unit.',
        given=f"stream={path!r}",
        needed=f"The streams end in {listed(ends)}.",
        write=f"stream={ends[-1]!r}",
    )
