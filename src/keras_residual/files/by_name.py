"""Are these the weights of this model? Asked of names, shapes and types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import keras

from keras_residual._keras import layers_in
from keras_residual.common.wording import listed
from keras_residual.files.errors import RefusedError, shown
from keras_residual.files.tensors import Slot

NAME_THEM = "a name for each layer, here and in the model that was saved"
_HALVES = ("float16", "bfloat16")
ANEW = "keras.utils.clear_session() before the model is built, or names of your own"


@dataclass(frozen=True)
class Loaded:
    """What `load_weights` did, by the paths of weights.

    Args:
        loaded: What the model has from the file.
        missing: What the file does not have; the model kept its own.
        unexpected: What the file has, and the model does not.
        different: What both have in other shapes or types; the model kept its own.
        verified: Whether the file's digest said that it is as it was written.
    """

    loaded: tuple[str, ...]
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    verified: bool = False


def automatic_names(model: keras.Model) -> list[str]:
    """Lists the layers that Keras named and weights are named after, in their order.

    Keras numbers layers as they are made: such a name says when, and not which.

    Args:
        model: A model.
    """
    named_after = {part for w in model.weights for part in w.path.split("/")[:-1]}
    return [
        str(layer.name)
        for layer in layers_in(model)
        if layer.name in named_after and is_automatic(layer.name, type(layer).__name__)
    ]


def is_automatic(name: str, kind: str) -> bool:
    """Says whether a name is one that Keras gives to layers of a class.

    Args:
        name: Of a layer.
        kind: The name of its class.

    Examples:
        >>> is_automatic("conv2d_3", "Conv2D"), is_automatic("head", "Dense")
        (True, False)
    """
    bare = re.sub(r"_\d+$", "", name)
    return bare.replace("_", "") == kind.replace("_", "").lower()


def names_of(names: Iterable[str]) -> str:
    """Lists names that a stranger may have chosen.

    Args:
        names: Of weights or layers.
    """
    return listed(shown(name).strip("'\"") for name in names) or "nothing"


def name_in(model: keras.Model, weight: keras.Variable) -> str:
    """Returns a weight's path, without the name of the model: it may be any.

    Args:
        model: The model.
        weight: One of its weights.
    """
    return weight.path.removeprefix(f"{model.name}/")


def apart(missing: Iterable[str], more: Iterable[str]) -> dict[str, str]:
    """Says which names only one of a model and a file has.

    Args:
        missing: What the file lacks.
        more: What the model lacks.
    """
    return {
        "only in the model": names_of(missing),
        "only in the file ": names_of(more),
    }


def compared(variables: dict[str, Any], slots: dict[str, Slot]) -> Loaded:
    """Compares what a file holds with what a model has; no numbers are needed.

    Args:
        variables: Of the model, by name.
        slots: Of the file, by name.
    """
    fits = {
        name: (tuple(v.shape), str(v.dtype))
        == (slots[name].shape, str(slots[name].dtype))
        for name, v in variables.items()
        if name in slots
    }
    return Loaded(
        loaded=tuple(name for name, fit in fits.items() if fit),
        missing=tuple(name for name in variables if name not in slots),
        unexpected=tuple(name for name in slots if name not in variables),
        different=tuple(name for name, fit in fits.items() if not fit),
    )


def check_all(
    verdict: Loaded,
    variables: dict[str, Any],
    slots: dict[str, Slot],
    automatic: list[str],
) -> None:
    """Refuses a file that does not hold just the weights of a model.

    Args:
        verdict: What `compared` said.
        variables: Of the model, by name.
        slots: Of the file, by name.
        automatic: The layers of the model that Keras named.

    Raises:
        RefusedError: It holds more, less or others.
    """
    if verdict.missing or verdict.unexpected:
        named_by_keras = any(
            part in automatic for name in verdict.missing for part in name.split("/")
        )
        raise RefusedError(
            "its weights are not those of this model.",
            given=apart(verdict.missing, verdict.unexpected),
            needed="Each weight of the model stands in the file, and no other.",
            write=ANEW if named_by_keras else "partial=True to load what fits",
        )
    if verdict.different:
        raise _others(verdict, variables, slots)


def _others(
    verdict: Loaded, variables: dict[str, Any], slots: dict[str, Slot]
) -> RefusedError:
    """Returns the refusal of weights that have the names of the model's alone."""
    name = verdict.different[0]
    slot, variable = slots[name], variables[name]
    write = "the model that was saved"
    if slot.shape == tuple(variable.shape):
        write = f"dtype={str(slot.dtype)!r} where the model is made"
        if str(slot.dtype) == "float32" and str(variable.dtype) in _HALVES:
            write += f'; "mixed_{variable.dtype}" computes in halves with such weights'
    if verdict.loaded:
        write = f"partial=True to load what fits, or {write}"
    return RefusedError(
        f"{len(verdict.different)} of its weights are of another shape or type.",
        given={
            "name ": name,
            "file ": f"{slot.dtype} {slot.shape}",
            "model": f"{variable.dtype} {tuple(variable.shape)}",
        },
        needed="Nothing is cast, stretched or cut.",
        write=write,
    )


def nothing_fits(
    verdict: Loaded, variables: dict[str, Any], slots: dict[str, Slot]
) -> RefusedError:
    """Returns the refusal of a file of which no part can be loaded.

    Args:
        verdict: What `compared` said.
        variables: Of the model, by name.
        slots: Of the file, by name.
    """
    if verdict.different:
        return _others(verdict, variables, slots)
    return RefusedError(
        "nothing in it fits this model.",
        given=apart(verdict.missing, verdict.unexpected),
        needed="With partial=True, at least one weight is found by its name.",
        write=NAME_THEM,
    )


def check_order(
    model: list[str], text: str, loaded: tuple[str, ...], *, partial: bool
) -> None:
    """Refuses names of Keras's own that stand in another order than they did.

    Args:
        model: The layers of the model that Keras named.
        text: Those of the model that was saved, in JSON.
        loaded: The weights that would be loaded.
        partial: Whether some are left out; if none of such a layer is loaded, all is
            well.

    Raises:
        RefusedError: They do.
    """
    try:
        saved = json.loads(text)
    except (ValueError, RecursionError):
        saved = None
    at_stake = any(part in model for name in loaded for part in name.split("/"))
    if saved != model and (at_stake or not partial):
        raise RefusedError(
            "the names that Keras gave its layers are in another order.",
            given={"file ": shown(saved), "model": listed(model) or "none"},
            needed="Keras numbers layers as they are made. Where the numbers stand in "
            "another order, weights of one shape could change places.",
            write=NAME_THEM if partial else ANEW,
        )
