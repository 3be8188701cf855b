"""Measure the residual units of a model: a column a measure, a row a unit."""

from keras_residual.common.late import public
from keras_residual.measures import stream
from keras_residual.measures.accumulator import COLUMNS
from keras_residual.measures.column import Column
from keras_residual.measures.lesion import effective_depth
from keras_residual.measures.measuring import measure
from keras_residual.measures.monitor import ResidualMonitor
from keras_residual.measures.probe import Run, run
from keras_residual.measures.similarity import Similarity, cka
from keras_residual.measures.table import Row, Table
from keras_residual.measures.verdicts import Verdict, verdicts

__all__ = [
    "COLUMNS",
    "Column",
    "ResidualMonitor",
    "Row",
    "Run",
    "Similarity",
    "Table",
    "Verdict",
    "cka",
    "effective_depth",
    "measure",
    "run",
    "stream",
    "verdicts",
]

__dir__ = public(__all__)
