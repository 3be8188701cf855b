"""Look at a model: one page with its units, what is wrong and what was measured."""

from keras_residual.reports.inspection.inspect import inspect

__all__ = ["inspect"]
