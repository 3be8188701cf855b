"""Sub-layers of transformers, mixers and graphs."""

from keras_residual.compose.forms.form import Form

TRANSFORMERS: tuple[Form, ...] = ()
