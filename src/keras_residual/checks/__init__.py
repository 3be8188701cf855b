"""A linter for residual connections: `check(model)`; one rule one file."""

from typing import TYPE_CHECKING

from keras_residual.checks.check import check
from keras_residual.checks.rule import Finding, Found, Rule, rule
from keras_residual.common.late import late

if TYPE_CHECKING:
    from keras_residual.checks.subject import Subject

__all__ = ["Finding", "Found", "Rule", "Subject", "check", "rule"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = late(__name__, __all__, {"Subject": "subject"})
