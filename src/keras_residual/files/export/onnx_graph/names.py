"""What an ONNX graph reads and returns, under the names that Keras has for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any


def name_ends(graph: Any, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Renames what a graph reads and returns.

    A name that comes twice is numbered: in ONNX no two tensors have one.

    Args:
        graph: An `onnx.GraphProto`; it is changed.
        inputs: Names of the inputs. Converters that keep them may change their order.
        outputs: Names of the outputs, in order.
    """
    _part(graph)
    before = [entry.name for entry in graph.input]
    kept = sorted(before) == sorted(inputs)
    names = dict(zip(before, before if kept else inputs, strict=True))
    taken = set(names.values())
    for entry, name in zip(graph.output, outputs, strict=True):
        names[entry.name] = _free(name, taken)
        taken.add(names[entry.name])
    every = {text for owner, field in _places(graph) for text in _read(owner, field)}
    taken |= every
    for name in (every - set(names)) & set(names.values()):
        names[name] = _free(name, taken)
        taken.add(names[name])
    for owner, field in _places(graph):
        _write(owner, field, [names.get(text, text) for text in _read(owner, field)])


def _part(graph: Any) -> None:
    """Gives each output a node of its own that makes it."""
    from onnx import helper

    seen = {entry.name for entry in (*graph.input, *graph.initializer)}
    for entry in graph.output:
        if entry.name in seen:
            name = _free(entry.name, seen)
            graph.node.append(helper.make_node("Identity", [entry.name], [name]))
            entry.name = name
        seen.add(entry.name)


def _free(name: str, taken: set[str]) -> str:
    """Returns a name that nobody has."""
    numbered = (f"{name}_{number}" for number in count(1))
    return name if name not in taken else next(n for n in numbered if n not in taken)


def _places(graph: Any) -> Iterator[tuple[Any, str]]:
    """Yields where names of tensors stand, inside of the graph's own graphs, too."""
    for entry in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        yield entry, "name"
    for node in graph.node:
        yield node, "input"
        yield node, "output"
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _places(inner)


def _read(owner: Any, field: str) -> list[str]:
    found = getattr(owner, field)
    return [found] if field == "name" else list(found)


def _write(owner: Any, field: str, texts: list[str]) -> None:
    if field == "name":
        owner.name = texts[0]
    else:
        getattr(owner, field)[:] = texts
