"""A linter for residual connections: `check(model)`; one rule one file."""

from keras_residual.checks.check import check
from keras_residual.checks.rule import Finding, Rule

__all__ = ["Finding", "Rule", "check"]
