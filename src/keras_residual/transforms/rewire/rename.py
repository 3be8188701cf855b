"""Gives layers other names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras

from keras_residual.compose.arguments import checked
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.rebuild import rebuild
from keras_residual.transforms.rewire.finishing import finished_alike
from keras_residual.transforms.rewire.places import must_be_there
from keras_residual.transforms.rewritten import Change, Left, Rewritten


@checked
def rename(
    model: keras.Model,
    names: Mapping[str, str] | Callable[[str], str],
    *,
    tolerance: float | None = None,
    inputs: Any = None,
) -> Rewritten:
    """Gives layers other names, in the paths of their weights too.

    Both models run side by side, and a difference is refused. An input that is a word
    of a dictionary keeps its name, because data is given by it.

    Args:
        model: A Functional or Sequential model; it is not changed.
        names: New names by path, or a function of a layer's own name. A path is a name,
            after those of the models that it lies in; a new name is the layer's own.
        tolerance: The largest difference in proportion to the largest output; by
            default 1e-5, and more where half precision computes.
        inputs: What both models run on: arrays in the order of `model.inputs`, or a
            dict by name; by default they are made up.

    Returns:
        The new model, not compiled, what changed, what was left, and the proof.

    Raises:
        KindError: This is no Keras model.
        ResidualError: There is no such layer, a model would have one name twice, or the
            new model computes something else.

    Examples:
        >>> layers = [keras.Input((4,)), keras.layers.Dense(2, name="a")]
        >>> model = keras.Sequential(layers, name="net")
        >>> new = kr.rewire.rename(model, {"a": "head"}).model
        >>> [weight.path for weight in new.weights]
        ['net/head/kernel', 'net/head/bias']
    """
    draft = Draft(rebuild(Draft(model)))  # its layers are ours to rename
    owners = _owners(draft)
    if callable(names):
        given = {path: names(path.rpartition("/")[2]) for path in owners}
    else:
        given = dict(names)
    changes, left, words = [], [], _words(draft)
    for path, new in given.items():
        must_be_there(draft, path, "rename", owners)
        if path in words:
            left.append(Left("name", path, "data is given by this word"))
        elif path.rpartition("/")[2] != new:
            changes.append(Change("name", path, f"is {new} now"))
            _call_it(owners[path], new)
    return finished_alike(
        draft, changes, left, of=model, tolerance=tolerance, inputs=inputs
    )


def _owners(draft: Draft) -> dict[str, Any]:
    """Returns what has a name, by path: layers, models inside, and inputs."""
    found: dict[str, Any] = {}
    for one in draft.family.values():
        for entry in one.entries:
            found[f"{one.path}{entry['name']}"] = entry
        for call in one.calls:
            found[one.path_of(call)] = call.operation
    return found


def _words(draft: Draft) -> set[str]:
    """Returns the paths of the inputs that are given in a dictionary."""
    return {
        f"{one.path}{entry['name']}"
        for one in draft.family.values()
        if isinstance(one.input_structure, dict)
        for entry in one.entries
    }


def _call_it(owner: Any, name: str) -> None:
    if isinstance(owner, dict):
        owner["name"] = name
    else:
        owner.name = name
