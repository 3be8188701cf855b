"""The examples that commands look at a model with, and the inputs of a proof."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_residual.cli.options import Reading
from keras_residual.common.files import at_home
from keras_residual.common.wording import listed
from keras_residual.train.mistake import InputError

if TYPE_CHECKING:
    import keras

    from keras_residual.train.data import Dataset, Source

_WITHOUT = "the command without --data"


def held_out(
    model: keras.Model, file: Path, data: Reading, most: int
) -> tuple[Any, Any]:
    """Reads examples that are spread evenly over the test part, and their labels.

    Args:
        model: Pictures are read in its size.
        file: Where it lies; in a run folder, data is read as in that run or refused.
        data: Values of a recipe, as `reads` hands them over.
        most: How many at most.

    Raises:
        InputError: The model takes other examples, or its run had others.
    """
    return _spread(_load(model, file, data).test, most)


def judged(
    model: keras.Model, file: Path, data: Reading, most: int, *, instead: str = _WITHOUT
) -> tuple[Any, Any]:
    """Reads examples as `held_out` does, for a model whose accuracy is asked for.

    Args:
        model: A model of one output.
        file: Where it lies; in a run folder, data is read as in that run or refused.
        data: Values of a recipe, as `reads` hands them over.
        most: How many at most.
        instead: What to write where accuracy is not known.

    Raises:
        InputError: The model takes other examples, or has several outputs; or the data
            has no classes.
    """
    if len(model.outputs) != 1:
        raise InputError(
            f'Model "{model.name}": its accuracy is not known.',
            given=f"--data, and a model with {len(model.outputs)} outputs",
            needed="Labels are compared with one output.",
            write=instead,
        )
    dataset = _load(model, file, data)
    if dataset.task != "classification":
        raise InputError(
            f'Model "{model.name}": its accuracy is not known.',
            given=f"--data {dataset.name}, a {dataset.task} task",
            needed="Accuracy is the share of examples that are classified correctly.",
            write=f"--task classification, if the model tells classes; or {instead}",
        )
    return _spread(dataset.test, most)


def _load(model: keras.Model, file: Path, data: Reading) -> Dataset:
    from keras_residual.train import Recipe
    from keras_residual.train.data import load

    recipe = Recipe(**data)
    _must_take_one(model, str(recipe.data))
    if at_home(recipe.data).is_dir():
        # The network's size, not the pictures' median.
        recipe = replace(recipe, image_size=model.input_shape[1])
    dataset = load(recipe)
    _must_take(model, dataset.test.shape)
    _must_be_as_in_training(file, dataset)
    return dataset


def _must_be_as_in_training(file: Path, dataset: Dataset) -> None:
    """Refuses other classes or columns than those of the run that a model is of."""
    from keras_residual.common.wording import listed
    from keras_residual.train.run_folder import RunFolder

    try:
        found = RunFolder(file.parent).read_recipe()["data"]
        pairs = [
            (found.get("classes"), list(dataset.classes)),
            (_features(found.get("terms", {})), _features(dataset.terms)),
        ]
    except InputError:  # no run of ours
        return
    for then, now in pairs:
        if then and now and then != now:
            raise InputError(
                f"Data {dataset.name}: it is not read as that of the training was.",
                given=listed(now),
                needed=f"The run in {file.parent} learned from {listed(then)}, in this "
                "order.",
                write="--data, --label and --task as in the training; predict matches "
                "columns by their names",
            )


def _features(terms: dict[str, Any]) -> list[str]:
    """Returns the columns of a table that are features, with how each is read."""
    from keras_residual.train.data.terms import FEATURES, read_terms

    return [
        " ".join(filter(None, [one.name, one.start, *one.words]))
        for one in read_terms(terms, ()).columns
        if one.kind in FEATURES
    ]


def _spread(source: Source, most: int) -> tuple[Any, Any]:
    import numpy as np

    count = len(source.labels)
    numbers = np.linspace(0, count - 1, min(count, most)).astype(np.int64)
    return source.batch(numbers), source.labels[numbers]


def _must_take_one(model: keras.Model, data: str) -> None:
    if not isinstance(model.input_shape, tuple):
        raise InputError(
            f'Model "{model.name}": the examples do not fit.',
            given=f"--data {data}, and the model takes {model.input_shape}",
            needed="An example is one array, and goes to a model of one input.",
            write=_WITHOUT,
        )


def _must_take(model: keras.Model, example: tuple[int, ...]) -> None:
    shape = model.input_shape
    one = len(shape) == 1 + len(example)
    fits = one and all(n in (None, m) for n, m in zip(shape[1:], example, strict=True))
    if not fits:
        other = f"--data FILE, with examples {shape[1:]}"
        if len(shape) == 4:
            other = "--data FOLDER: its pictures are read in the size of the model"
        raise InputError(
            f'Model "{model.name}": the examples do not fit.',
            given=f"examples {example}, and the model takes {shape}",
            needed="A model is judged on examples of the one shape that it takes.",
            write=f"{other}; or --layout and --label as in training",
        )


def read(file: Path | None, model: keras.Model) -> Any:
    """Returns arrays by the names of a model's inputs, or in order; None for no file.

    Args:
        file: A .npz file. Where it has all the names, whatever else it holds is left.
        model: What they are for.

    Raises:
        InputError: The file is damaged, holds Python objects, or other arrays.
    """
    if file is None:
        return None
    from keras_residual.train.data.npz import list_arrays, read_arrays

    names, there = [tensor.name for tensor in model.inputs], list_arrays(file)
    if set(names) <= set(there):
        return read_arrays(file, names)
    if len(there) == len(names) and _in_order(there):
        return list(read_arrays(file, there).values())
    raise _misfit(file, model, there)


def _in_order(names: list[str]) -> bool:
    """Says whether nothing but the order tells what the arrays are."""
    return len(names) == 1 or names == [f"arr_{k}" for k in range(len(names))]


def _misfit(file: Path, model: keras.Model, there: list[str]) -> InputError:
    takes = ", ".join(f"{tensor.name} {tensor.shape}" for tensor in model.inputs)
    names = [tensor.name for tensor in model.inputs]
    arrays = "*arrays"  # in order: a name may be no word of Python
    if all(map(str.isidentifier, names)):
        arrays = ", ".join(f"{name}=array" for name in names)
    return InputError(
        f"Inputs {file}: its arrays are not those of the model.",
        given=f"arrays {listed(sorted(there)) or 'none'}",
        needed=f"An array for each input, of as many samples: {takes}.",
        write=f"np.savez('inputs.npz', {arrays})",
    )
