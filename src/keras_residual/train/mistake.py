"""What is wrong with what a training or a command was given."""

from __future__ import annotations

from keras_residual.common.errors import ResidualError


class InputError(ResidualError):
    """Says that the data, the recipe or the options of a run cannot be used."""
