"""Blocks for signals, time series and forecasts."""

from keras_residual.compose.forms.form import Form

SEQUENCES: tuple[Form, ...] = ()
