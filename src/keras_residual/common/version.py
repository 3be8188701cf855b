"""Which version this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("keras-residual")
except PackageNotFoundError:  # a folder of sources that nobody installed
    __version__ = "unknown"
