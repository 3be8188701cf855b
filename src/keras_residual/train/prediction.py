"""Uses the network of a run on new files."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual.common.errors import ForeignError
from keras_residual.common.terminal import Console, short
from keras_residual.common.wording import listed
from keras_residual.compose.arguments import Count, checked, held
from keras_residual.compose.layout import other_layout, unfit
from keras_residual.files import open_model
from keras_residual.train.data.arrays import new_values
from keras_residual.train.data.load import is_array, is_table, must_be_there
from keras_residual.train.data.npy import read_array
from keras_residual.train.data.npz import list_arrays, read_arrays
from keras_residual.train.data.pictures import Conversion, decode
from keras_residual.train.data.terms import Terms, read_terms
from keras_residual.train.data.values import FAR
from keras_residual.train.mistake import InputError
from keras_residual.train.report.evidence import sigmoid, softmax
from keras_residual.train.run_folder import RunFolder
from keras_residual.train.scaling import sizes_beside

BATCH = 128
Say = Callable[[str], Any]
MOST_VALUES = 2**24  # in an example, and about as many in a batch


@dataclass(frozen=True)
class Prediction:
    """What a network says of one example.

    Args:
        source: The file, and the row in it where it holds several examples.
        classes: Names and probabilities, the likeliest first. Where an example may
            have several labels, those that are likelier than not.
        values: Names and values of targets, in the units that were trained on.

    Examples:
        >>> print(Prediction("a.csv:1", values=(("price", 1250.0), ("days", 3.25))))
        a.csv:1   price 1250   days 3.25
    """

    source: str
    classes: tuple[tuple[str, float], ...] = ()
    values: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        held(self)

    def __str__(self) -> str:
        said = [f"{short(name)} {share:.1%}" for name, share in self.classes]
        said += [f"{short(name)} {value:.6g}" for name, value in self.values]
        return "   ".join([self.source, *(said or ["no label"])])


@checked
def predict(
    run: str | Path,
    files: Iterable[str | Path],
    *,
    top: Count = 3,
    console: Console | None = None,
) -> Iterator[Prediction]:
    """Says what is in files, with the network of a run: classes, labels or values.

    Args:
        run: The run folder.
        files: Pictures; or .npz files with an array `x`, or .npy files; or tables with
            the columns that the network was trained on, in any order.
        top: How many classes are named; labels and values all are.
        console: Where it is said what is ignored, guessed or of another scale than in
            training. By default Python warns of it.

    Yields:
        A prediction a picture, or a row.

    Raises:
        InputError: There is no such run or file, or a file does not fit the network.
    """
    folder = RunFolder(run)
    contents = folder.read_named()
    paths = [must_be_there(file) for file in files]
    network = _network(folder)
    shape, names = _takes(folder, network), contents["data"].get("classes")
    task = contents["recipe"].get("task")
    _check_classes(folder, network, names)
    terms = read_terms(contents["data"].get("terms", {}), shape)
    if task == "classification":
        terms = replace(terms, classes=tuple(names))
    say = partial(console.print, markup=False) if console else warnings.warn
    sizes = sizes_beside(network)
    for sources, values, first in _batches(paths, shape, terms, say):
        if first and sizes:
            _compare_scales(sources[0], sizes(values), say, table=len(shape) == 1)
        answers = np.asarray(network.predict_on_batch(values))
        for source, row in zip(sources, answers, strict=True):
            yield _read(source, row, names, task, top)


def _read(
    source: str, row: NDArray, names: list[str], task: str | None, top: int
) -> Prediction:
    if task == "regression":
        values = zip(names, row.tolist(), strict=True)
        return Prediction(source, values=tuple(values))
    several = task == "multilabel"
    shares = sigmoid(row) if several else softmax(row)
    likely = np.argsort(-shares, kind="stable")
    chosen = likely[shares[likely] > 0.5] if several else likely[:top]
    return Prediction(source, tuple((names[at], float(shares[at])) for at in chosen))


def _network(folder: RunFolder) -> keras.Model:
    try:
        network = open_model(folder.model)
    except (OSError, ValueError) as error:
        raise InputError(
            f"Run folder {folder.path}: the network cannot be loaded.",
            given=error,
            needed="model.keras is what a run saved after an epoch, whole.",
            write="another run, or --out with another folder, to train anew",
        ) from error
    part = unfit(network)
    if part is not None:
        raise InputError(
            f"Run folder {folder.path}: the network cannot be run here.",
            **other_layout(part.compute_dtype, "another run"),
        )
    return network


def _takes(folder: RunFolder, network: keras.Model) -> tuple[int, ...]:
    """Returns the shape of an example: the network knows it, whatever a file says."""
    shape = network.input_shape
    one = isinstance(shape, tuple) and all(isinstance(n, int) for n in shape[1:])
    if not one or not 0 < math.prod(shape[1:]) <= MOST_VALUES:
        raise InputError(
            f"Run folder {folder.path}: the network is none of a run.",
            given=f"model.keras takes {shape}",
            needed=f"An example has one shape, of up to {MOST_VALUES} values.",
            write="another run",
        )
    return shape[1:]


def _check_classes(folder: RunFolder, network: keras.Model, classes: Any) -> None:
    shape = network.output_shape
    if classes is None or shape != (None, len(classes)):
        raise InputError(
            f"Run folder {folder.path}: its files do not fit each other.",
            given=f"{None if classes is None else len(classes)} classes in "
            f"recipe.json, outputs {shape} of model.keras",
            needed="The network has an output for each class.",
            write="another run, or --out with another folder, to train anew",
        )


def _compare_scales(source: str, sizes: NDArray, say: Say, *, table: bool) -> None:
    """Says where values are in another unit, as it seems, than in training."""
    far, at = np.flatnonzero(sizes > FAR), int(sizes.argmax())
    if not len(far) and (table or not 0 < sizes[at] < 1 / FAR):
        return
    one = f"feature or channel {at + 1} of {len(sizes)}" * (0 < len(far) < len(sizes))
    goes = f"{one or 'values'} {'goes' if one else 'go'}"
    say(
        f"{source}: {goes} {sizes[at]:,.4g} times as far from 0 as in training; a "
        "network takes values in the unit of its training."
    )


def _batches(
    paths: list[Path], shape: tuple[int, ...], terms: Terms, say: Say
) -> Iterator[tuple[list[str], NDArray, bool]]:
    size = max(1, min(BATCH, MOST_VALUES // math.prod(shape)))
    arrays = [path for path in paths if is_array(path) or is_table(path)]
    pictures = [path for path in paths if path not in arrays]
    if pictures and (len(shape) != 3 or shape[-1] not in (1, 3)):
        raise InputError(
            f"File {pictures[0]}: the run was not trained on pictures.",
            given=f"a file that ends in {pictures[0].suffix!r}, examples of {shape}",
            needed="Files hold examples of the kind that the run was trained on.",
            write="a .npz file with an array `x`, or a .csv file",
        )
    for start in range(0, len(pictures), size):
        some = pictures[start : start + size]
        values = np.stack([_decode(path, shape, terms.conversion) for path in some])
        yield [str(path) for path in some], values, not start
    for path in arrays:
        try:
            values = _values(path, shape, terms, say)
        except InputError as error:
            raise error.without_switch() from error.__cause__
        for start in range(0, len(values), size):
            some = values[start : start + size]
            rows = range(start + 1, start + len(some) + 1)
            yield [f"{path}:{row}" for row in rows], some, not start


def _decode(path: Path, shape: Sequence[int], how: Conversion) -> NDArray:
    height, width, channels = shape
    try:
        return decode(path, size=(height, width), channels=channels, how=how)
    except (OSError, ForeignError) as error:
        raise InputError(
            f"File {path}: the picture cannot be read.",
            given=str(error),
            needed="A picture is a whole PNG, JPEG, WebP or BMP file.",
            write="the path of another file",
        ) from error


def _values(path: Path, shape: tuple[int, ...], terms: Terms, say: Say) -> NDArray:
    if is_table(path):
        from keras_residual.train.data.columns import read_rows

        values = read_rows(path, terms, say)
    else:
        values = new_values(str(path), _array(path), terms.layout)
    if values.shape[1:] != shape:
        raise InputError(
            f"File {path}: the examples do not fit the network.",
            given=f"examples of shape {values.shape[1:]}",
            needed=f"The network takes examples of shape {shape}.",
            write="files like those that the run was trained on",
        )
    return values


def _array(path: Path) -> NDArray:
    if path.suffix == ".npy":
        return read_array(path)
    names = list_arrays(path)
    if "x" not in names:
        raise InputError(
            f"File {path}: there is no array `x`.",
            given=f"arrays {listed(sorted(names)) or 'none'}",
            needed="The examples are in an array named `x`.",
            write="np.savez('new.npz', x=values)",
        )
    return read_arrays(path, ["x"])["x"]
