"""Where in a model a path leads, and what to say where it leads nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import listed
from keras_residual.transforms.call import Call, Value
from keras_residual.transforms.draft import Draft

Place = tuple[Draft, Call]


def calls_of(draft: Draft, path: str, verb: str) -> list[Place]:
    """Returns the calls of the layer that a path names, one for each time.

    Args:
        draft: The outermost draft.
        path: The layer's name, after the models that it lies in.
        verb: What is to be done with it, for the message.

    Raises:
        ResidualError: There is no such layer.
    """
    found: dict[str, list[Place]] = {}
    for one in draft.family.values():
        for call in one.calls:
            found.setdefault(one.path_of(call), []).append((one, call))
    must_be_there(draft, path, verb, found)
    return found[path]


def point(draft: Draft, path: str, verb: str) -> tuple[Draft, Value]:
    """Returns the value that a layer or an input returns, and the draft it is in.

    Args:
        draft: The outermost draft.
        path: The path of a layer, or the name of an input.
        verb: What is to be done there, for the message.

    Raises:
        ResidualError: There is no such layer, or it returns several tensors.
    """
    for one in draft.family.values():
        for value, entry in zip(one.inputs, one.entries, strict=True):
            if path == f"{one.path}{entry['name']}":
                return one, value
    found = calls_of(draft, path, verb)
    values = [value for _, call in found for value in call.outputs]
    if len(values) > 1:
        raise ResidualError(
            f'Layer "{path}": {verb} needs one place.',
            given=f"a layer called {len(found)} times, {len(values)} tensors",
            needed="What it returns is read in several places, and one of them is "
            "meant.",
            write="a layer that is called once, such as one that reads it",
        )
    return found[0][0], values[0]


def must_be_there(
    draft: Draft, path: object, verb: str, known: Iterable[str], what: str = "layer"
) -> None:
    """Refuses a path that leads nowhere, and offers some that are like it.

    Args:
        draft: The outermost draft.
        path: What was given.
        verb: What was to be done with it.
        known: The paths that there are.
        what: What they name.

    Raises:
        ResidualError: The path is none of them.
    """
    known = list(known)
    if path in known:
        return
    near = get_close_matches(str(path), known, 3, 0.5) or known[:3]
    raise ResidualError(
        f'Model "{draft.model.name}": {verb} finds no such {what}.',
        given=repr(path),
        needed="A path is a name, after the names of the models that it lies in.",
        write=f"one that is there, such as  {', '.join(map(repr, near))}" * bool(near),
    )


def must_fit(draft: Draft, path: str, *, given: Value, needed: Value) -> None:
    """Refuses to hand another shape or dtype to layers that hold weights for one.

    Args:
        draft: The draft that the values stand in.
        path: The layer that is changed, for the message.
        given: What would be read.
        needed: What is read now.

    Raises:
        ResidualError: The two are not alike, and something reads them.
    """
    pair = [f"{value.shape} {value.dtype}" for value in (given, needed)]
    live = set(draft.in_order())
    readers = [call for call in draft.users(needed) if call in live]
    if pair[0] == pair[1] or not (readers or draft.path):
        return
    names = listed([reader.name for reader in readers], 3) or draft.model.name
    raise ResidualError(
        f'Layer "{path}": what reads it would get something else.',
        given={"now": pair[1], "given": pair[0]},
        needed="Weights are kept, so shape and dtype stay for what is read by: "
        f"{names}.",
        write="a part that keeps the shape, or change the end of the model",
    )
