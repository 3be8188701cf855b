"""Connections of streams."""

from keras_residual.compose.forms.form import Form

CONNECTIONS: tuple[Form, ...] = ()
