"""The entry point: `keras-residual COMMAND`."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from keras_residual.cli import (
    check,
    compare,
    draw,
    export,
    forms,
    fuse,
    inspect,
    measure,
    models,
    predict,
    prune,
    rewire,
    rules,
    train,
)
from keras_residual.cli.start import echo
from keras_residual.cli.usage import Command, Commands
from keras_residual.common.errors import ResidualError
from keras_residual.common.terminal import plain
from keras_residual.common.version import __version__
from keras_residual.train.distributed.agreeing import ending

app = typer.Typer(
    name="keras-residual",
    cls=Commands,
    help="Residual networks for Keras: train them, look inside them, make them better.",
    no_args_is_help=True,
    rich_markup_mode="markdown",  # where [tool.x] is a text, and no order to Rich
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _say_version(asked: bool) -> None:
    if asked:
        echo(f"keras-residual {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_say_version,
            is_eager=True,
            help="Say which version this is, and end.",
        ),
    ] = False,
) -> None:
    pass


for command in (
    train.train,
    compare.compare,
    predict.predict,
    models.models,
    forms.forms,
    check.check,
    measure.measure,
    inspect.inspect,
    draw.draw,
    rules.rules,
    rules.explain,
    fuse.fuse,
    rewire.rewire,
    prune.prune,
    export.export,
):
    app.command(cls=Command)(command)


def main() -> None:
    """Runs a command; what a user can put right becomes a message, exit code 2.

    Any other exception is a bug and keeps its traceback.
    """
    with ending():
        _main()


def _main() -> None:
    try:
        app()
    except ResidualError as error:
        _end(error.on_command_line())
    except OSError as error:
        _end(
            ResidualError(
                "A file cannot be read or written.",
                given=error,
                needed="Files and folders exist, have space, and are ours to read or "
                "write.",
                write="--out in a folder of yours",
            )
        )


def _end(message: object) -> NoReturn:
    sys.stderr.write(f"\n{plain(str(message))}\n")
    raise SystemExit(2) from None


if __name__ == "__main__":
    main()
