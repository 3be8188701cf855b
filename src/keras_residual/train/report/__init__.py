"""The page that a run ends with."""

from keras_residual.train.report.evidence import Evidence, judge
from keras_residual.train.report.page import write_report

__all__ = ["Evidence", "judge", "write_report"]
