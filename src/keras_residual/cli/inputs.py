"""The inputs that a person gives for a proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_residual.common.wording import listed
from keras_residual.train.mistake import InputError

if TYPE_CHECKING:
    import keras


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
