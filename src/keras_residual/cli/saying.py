"""How commands print texts that are not Rich's."""

from __future__ import annotations

import typer

from keras_residual.common.terminal import plain


def echo(text: str, *, nl: bool = True, err: bool = False) -> None:
    """Prints a text; what a name from a file would order the terminal is spelt out.

    Args:
        text: The text.
        nl: Whether the line ends.
        err: Whether it goes to the errors.
    """
    typer.echo(plain(text), nl=nl, err=err)
