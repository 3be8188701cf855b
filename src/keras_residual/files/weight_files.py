"""Weights alone, in and out: each is found by its name, or it is said why not."""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_residual.common.errors import ResidualError
from keras_residual.common.files import at_home, in_folder
from keras_residual.common.version import __version__
from keras_residual.common.wording import listed
from keras_residual.compose.arguments import checked
from keras_residual.files import keras_weights, tensors
from keras_residual.files.by_name import (
    Loaded,
    automatic_names,
    check_all,
    check_order,
    compared,
    name_in,
    nothing_fits,
)
from keras_residual.files.errors import RefusedError
from keras_residual.files.kinds import HDF5, ZIP, head_of
from keras_residual.files.values import check_numbers
from keras_residual.graph.functional import no_model

AUTOMATIC = "automatic_names"
_ENDINGS = re.compile(r"(\.weights.*|\.h5|\.keras|\.hdf5)$")


@checked
def save_weights(
    model: keras.Model, path: str | Path, *, allow_not_finite: bool = False
) -> None:
    """Writes the weights of a model by name, into a file that holds no code.

    The file is a safetensors file, with a digest: what is damaged later is found when
    it is loaded. It is written whole or not at all, so a kill leaves the old file. It
    holds `model.weights`; the optimizer's state and the vocabularies of layers are in
    what `model.save("model.keras")` writes.

    Args:
        model: A model with weights, each of another path.
        path: The file to make or to replace; it ends in `.safetensors`.
        allow_not_finite: By default a model with NaN or infinity in its weights is not
            written, and the file that was there stays.

    Raises:
        ResidualError: The path ends otherwise, or is in no folder; the model has no
            weights, or two of one path, or some that are not finite.
        KindError: If this is no Keras model.
        OSError: The place cannot be written to.

    Examples:
        >>> inputs = keras.Input((4,))
        >>> model = keras.Model(inputs, keras.layers.Dense(2, name="head")(inputs))
        >>> kr.save_weights(model, "small.safetensors")
        >>> kr.load_weights(model, "small.safetensors").loaded
        ('head/kernel', 'head/bias')
    """
    path = in_folder(path, "save_weights(model, {})")
    if path.suffix != ".safetensors":
        raise ResidualError(
            "save_weights: the path ends otherwise.",
            given=f"path={str(path)!r}",
            needed="What is written is a safetensors file, and is named like one.",
            write=f"path={_ENDINGS.sub('', str(path)) + '.safetensors'!r}",
        )
    arrays = {
        name: np.asarray(keras.ops.convert_to_numpy(variable))
        for name, variable in _by_name("save_weights", model).items()
    }
    if not allow_not_finite:
        for name, array in arrays.items():
            _check(f"save_weights, {path} is not written", name, array)
    about = {
        "keras_residual": __version__,
        AUTOMATIC: json.dumps(automatic_names(model)),
    }
    tensors.write(path, arrays, about)


def _check(where: str, name: str, array: np.ndarray) -> None:
    try:
        check_numbers(name, array)
    except RefusedError as error:
        raise error.within(where) from None


@checked
def load_weights(
    model: keras.Model,
    path: str | Path,
    *,
    partial: bool = False,
    allow_not_finite: bool = False,
) -> Loaded:
    """Loads weights from a file by their names; all that differs is named.

    Nothing is loaded until all of the file has been looked at, so a model is never left
    half of it. No code from the file is run, and what it claims takes no memory beyond
    that of the model.

    Args:
        model: A model that is built.
        path: A file of `kr.save_weights`, or a `.weights.h5` file of Keras 3. Keras
            itself loads these by position, which lets layers of one shape change
            places; here they are matched by the layers' names, and refused where Keras
            chose the names and they do not agree.
        partial: Loads what fits and leaves the rest of the model as it is, from files
            of `kr.save_weights`. By default names, shapes and types are the same.
        allow_not_finite: By default NaN, infinity and variances below zero are refused.

    Returns:
        What was loaded, and what was left.

    Raises:
        RefusedError: The file is damaged or of another kind, or its weights are not
            those of this model.
        ResidualError: The model has no weights, or two of one path.
        KindError: If this is no Keras model.
        MissingFileError: There is no such file.
        FolderError: It is a folder.
        UnreadableError: It may not be read.

    Examples:
        >>> def network(classes):
        ...     inputs = keras.Input((4,))
        ...     x = keras.layers.Dense(8, name="body")(inputs)
        ...     return keras.Model(inputs, keras.layers.Dense(classes, name="head")(x))
        >>> kr.save_weights(network(10), "ten.safetensors")
        >>> kr.load_weights(network(3), "ten.safetensors", partial=True)
        Loaded(loaded=('body/kernel', 'body/bias'), missing=(), unexpected=(), \
different=('head/kernel', 'head/bias'), verified=True)
    """
    path = at_home(path)
    variables = _by_name("load_weights", model)
    try:
        head = head_of(path, tensors.WANTED)
    except RefusedError as error:
        raise error.within(f"Weights file {path}") from error.__cause__
    if head.startswith(HDF5) and partial:
        raise _by_position_only(path)
    if head.startswith(ZIP):
        raise _archive(path)
    if head.startswith(b"{") and not head[:8].endswith(b"\0"):  # no length of a header
        raise _in_pieces(path)
    if head.startswith(HDF5):
        names = keras_weights.load(model, path, allow_not_finite=allow_not_finite)
        verdict = Loaded(names)
    else:
        verdict = _load(model, variables, path, (partial, allow_not_finite))
    if not verdict.verified:
        warnings.warn(
            f"{path} holds no digest: bits of it that flipped are not found. "
            "kr.save_weights writes one.",
            stacklevel=3,
        )
    return verdict


def _load(
    model: keras.Model,
    variables: dict[str, Any],
    path: Path,
    allowed: tuple[bool, bool],
) -> Loaded:
    """Loads a safetensors file, all of which was looked at."""
    partial, not_finite = allowed
    found, verdict = _read(model, variables, path, partial)
    for name in verdict.loaded if not not_finite else ():
        _check(f"Weights file {path}", name, found.arrays[name])
    for name in verdict.loaded:
        variables[name].assign(found.arrays[name])
    return verdict


def _read(
    model: keras.Model, variables: dict[str, Any], path: Path, partial: bool
) -> tuple[tensors.Tensors, Loaded]:
    """Reads the file, once its header fits the model."""
    verdicts: list[Loaded] = []

    def accept(header: tensors.Header) -> None:
        verdict = compared(variables, header.slots)
        if not partial:
            check_all(verdict, variables, header.slots, automatic_names(model))
        elif not verdict.loaded:
            raise nothing_fits(verdict, variables, header.slots)
        if text := header.metadata.get(AUTOMATIC):  # not where others wrote the file
            check_order(automatic_names(model), text, verdict.loaded, partial=partial)
        verdicts.append(verdict)

    found = tensors.read(path, accept=accept)
    return found, replace(verdicts[0], verified=found.verified)


def _by_name(where: str, model: keras.Model) -> dict[str, Any]:
    """Returns the weights of a model by their paths, which have to differ."""
    if not isinstance(model, keras.layers.Layer):
        raise no_model(f"{where}: weights are those of a Keras model.", model)
    if not model.weights:
        raise ResidualError(
            f"{where}: the model has no weights yet.",
            given=f"model {model.name!r}, "
            f"{'built' if model.built else 'not built'}, without weights",
            needed="A model has its weights once it knows its inputs.",
            write="model.build((None, ...)), or model(x) with an example",
        )
    named = [(name_in(model, weight), weight) for weight in model.weights]
    twice = [name for name, k in Counter(n for n, _ in named).items() if k > 1]
    if twice:
        raise ResidualError(
            f"{where}: two weights have one name.",
            given=listed(twice),
            needed="A weight is found by its name, so each has its own.",
            write=f"other names for the layers in {twice[0].rpartition('/')[0]!r}, or "
            'model.save("model.keras")',
        )
    return dict(named)


def _by_position_only(path: Path) -> RefusedError:
    return RefusedError(
        f"Weights file {path}: its layers are known by position.",
        given="partial=True, and a .weights.h5 file",
        needed="In part, only weights with names are loaded.",
        write="kr.load_weights(model, path) into the model that was saved, then "
        'kr.save_weights(model, "model.safetensors")',
    )


def _in_pieces(path: Path) -> RefusedError:
    return RefusedError(
        f"Weights file {path}: it is no file of weights.",
        given="a list in JSON, as stands beside the pieces of a .weights.json file",
        needed=tensors.WANTED.needed,
        write="model.load_weights(path) with Keras, where you made these files, then "
        'kr.save_weights(model, "model.safetensors")',
    )


def _archive(path: Path) -> RefusedError:
    return RefusedError(
        f"Weights file {path}: it is no file of weights.",
        given="a zip archive, as .keras files are",
        needed=tensors.WANTED.needed,
        write="model = kr.open_model(path)",
    )
