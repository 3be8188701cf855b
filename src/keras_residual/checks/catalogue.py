"""All rules, in the order of their codes."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from keras_residual.checks import rules as _rules
from keras_residual.checks.rule import Rule


def _all() -> tuple[Rule, ...]:
    """Takes the one rule of every file in `rules/`."""
    found = []
    for file in iter_modules(_rules.__path__):
        module = import_module(f"{_rules.__name__}.{file.name}")
        found.append(getattr(module, file.name))
    return tuple(sorted(found, key=lambda rule: rule.code))


RULES = _all()
