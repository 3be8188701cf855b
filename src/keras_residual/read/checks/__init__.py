"""A linter for residual connections: `check(model)`; one rule one file."""

from keras_residual.read.checks.check import check
from keras_residual.read.checks.rule import Finding, Rule

__all__ = ["Finding", "Rule", "check"]
