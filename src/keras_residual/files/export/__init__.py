"""Take models out: to the formats that other runtimes read."""

from keras_residual.files.export.exporting import Exported, export

__all__ = ["Exported", "export"]
