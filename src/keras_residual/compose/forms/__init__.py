"""The table of every published form: one family a file, and no Keras in it.

The contract tests, the gallery, the command `forms` and the reader's tests read it.
"""

from keras_residual.common.late import public
from keras_residual.compose.forms.connections import CONNECTIONS
from keras_residual.compose.forms.form import Form
from keras_residual.compose.forms.images import IMAGES
from keras_residual.compose.forms.merges import MERGES
from keras_residual.compose.forms.parts import PARTS
from keras_residual.compose.forms.sequences import SEQUENCES
from keras_residual.compose.forms.shortcuts import SHORTCUTS
from keras_residual.compose.forms.tables import TABLES
from keras_residual.compose.forms.transformers import TRANSFORMERS

__all__ = ["FORMS", "Form"]

__dir__ = public(__all__)

FORMS: tuple[Form, ...] = (
    *SHORTCUTS,
    *PARTS,
    *MERGES,
    *IMAGES,
    *SEQUENCES,
    *TABLES,
    *TRANSFORMERS,
    *CONNECTIONS,
)
"""All forms, in the order in which they are shown."""
