"""Opens a model file with the code that it needs, which whoever opens it trusts."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import keras

from keras_residual.files.errors import RefusedError, shown


def open_with(path: Path, modules: Sequence[str]) -> Any:
    """Opens a file whose classes modules bring; the code of the modules is run.

    Args:
        path: A file that Keras 3 wrote.
        modules: Names of modules that register the classes, as Python imports them.

    Raises:
        RefusedError: A module cannot be imported, or Keras cannot load the file.
    """
    import_all(modules)
    try:
        return keras.saving.load_model(path)
    except Exception as error:  # of Keras, or of a class in the modules
        raise RefusedError(
            "it cannot be loaded with the modules that were named.",
            given=f"{', '.join(modules)}; {shown(error)}",
            needed="Each class that is not Keras's own is registered in one of them, "
            "by keras.saving.register_keras_serializable.",
            write="modules=[every module with such a class]",
            option="--import MODULE, for each",
        ) from error


def import_all(modules: Sequence[str]) -> None:
    """Runs the code of modules, which register what they bring.

    Args:
        modules: Their names, as Python imports them.

    Raises:
        RefusedError: One cannot be imported.
    """
    for name in modules:
        _import(name)


def _import(name: str) -> None:
    try:
        import_module(name)
    except Exception as error:  # whatever the module does as it is imported
        raise RefusedError(
            f"module {shown(name)} cannot be imported.",
            given=shown(error),
            needed="A module is named as Python imports it, from where Python looks.",
            write='modules=["package.module"]',
            option="--import package.module, in the folder that package is in",
        ) from error
