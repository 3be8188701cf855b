"""Take models out: to the formats that other runtimes read."""

from keras_residual.files.export.exported import Exported
from keras_residual.files.export.exporting import export

__all__ = ["Exported", "export"]
