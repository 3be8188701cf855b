"""A linter for residual connections: `check(model)`; one rule one file."""

from keras_residual.checks.check import check
from keras_residual.checks.rule import Finding, Found, Rule, rule
from keras_residual.checks.subject import Subject

__all__ = ["Finding", "Found", "Rule", "Subject", "check", "rule"]
