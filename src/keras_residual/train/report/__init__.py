"""The page that a run ends with."""

from keras_residual.train.report.evidence import Evidence
from keras_residual.train.report.page import write_report

__all__ = ["Evidence", "write_report"]
