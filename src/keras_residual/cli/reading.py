"""`--data` and the switches of how it is read, for every command that takes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from keras_residual.cli import options
from keras_residual.train.mistake import InputError

# Each is a field of the recipe; a refusal of data names one of them.
SWITCHES = {
    "task": options.Task,
    "label": options.Label,
    "header": options.Header,
    "separator": options.Separator,
    "layout": options.Layout,
    "background": options.Background,
    "skip_bad": options.SkipBad,
    "validation": options.Validation,
}
Reading = dict[str, Any]
Command = Callable[..., None]


def reads(data: Any) -> Callable[[Command], Command]:
    """Gives a command `--data`, and all switches that say how data is read.

    The command takes them as one argument, `data`: values of the recipe.

    Args:
        data: The option `--data` of the command.
    """

    def with_switches(command: Command) -> Command:
        @wraps(command)
        def called(**given: Any) -> None:
            values = {name: given.pop(name) for name in ("data", *SWITCHES)}
            command(data=_reading(values), **given)

        own = inspect.signature(command, eval_str=True)
        parameters = own.parameters | {
            name: inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option
            )
            for name, option in {"data": data, **SWITCHES}.items()
        }
        called.__signature__ = own.replace(  # pyright: ignore
            parameters=list(parameters.values())
        )
        return called

    return with_switches


def _reading(values: Reading) -> Reading:
    given = {
        name: value for name, value in values.items() if value not in (None, [], ())
    }
    if given and "data" not in given:
        switch = f"--{next(iter(given)).replace('_', '-')}"
        raise InputError(
            "Data: none is given.",
            given=f"{switch} without --data",
            needed=f"{switch} says how data is read.",
            write=f"--data FILE {switch} ..., or neither of them",
        )
    return given


def chosen(context: typer.Context) -> dict[str, Any]:
    """Returns the recipe's values among the options that were given, beside `data`.

    Args:
        context: The command's context.
    """
    others = {"backend", "out", "resume", "depths", "seeds", "data", *SWITCHES}
    return {
        name: value
        for name, value in context.params.items()
        if name not in others and value is not None
    }
