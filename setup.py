"""Says what a package index shows; all else is in pyproject.toml."""

from pathlib import Path

from description import description  # building/, which pyproject.toml puts on the path
from setuptools import setup

setup(
    long_description=description(Path("README.md").read_text(encoding="utf-8")),
    long_description_content_type="text/markdown",
)
