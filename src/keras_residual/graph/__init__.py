"""Understand a graph: find its residual units, draw them and measure them.

Names are looked up when they are used: files are opened, and texts cleaned for a
terminal, before the backend is chosen and Keras imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_residual.drawing import draw
    from keras_residual.graph import measures
    from keras_residual.graph.units import Unit, find_residuals

__all__ = ["Unit", "draw", "find_residuals", "measures"]

_HOMES = {"Unit": "units", "draw": "drawing", "find_residuals": "units"}


def __getattr__(name: str) -> Any:
    if name == "measures":
        return import_module(f"{__name__}.measures")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
