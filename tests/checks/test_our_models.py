"""Our own parts, blocks and models are clean, but for what is argued here."""

import keras
import pytest
from contracts.forms import ARGUED as OF_FORMS
from contracts.table import WITHOUT_A_FORM
from keras import layers

from keras_residual.checks import check

# By the beginning of a row's name: what is found there, and why it stays.
ARGUED = {
    # option B and torchvision's ResNets project with a strided 1x1 convolution
    "shortcuts.auto": {"KR204", "KR205"},
    "shortcuts.projection": {"KR204", "KR205"},
    "blocks.basic, strided": {"KR205"},
    "blocks.basic, a sequence": {"KR205"},
    "blocks.basic, a volume": {"KR205"},
    "blocks.bottleneck": {"KR205"},
    "blocks.preactivation, strided": {"KR205"},
    "blocks.wide, strided": {"KR205"},
    "blocks.res2net, strided": {"KR205"},
    "layers.Block": {"KR205"},
    "blocks.preactivation_bottleneck": {"KR205"},
    "models.resnet8_v2": {"KR205"},
    # the convolution beside it is Keras's "same"; our blocks pad both sides
    "shortcuts.zero_pad": {"KR204"},
    # as it is taught; its docstring says what is wrong with it
    "residual_block": {"KR101"},
}
ARGUED |= {
    name: {code for code in codes.split() if code < "KR3"}
    for name, codes in OF_FORMS.items()
    if name not in ARGUED and name in {row.name for row in WITHOUT_A_FORM}
}


@pytest.mark.parametrize("row", WITHOUT_A_FORM, ids=lambda row: row.name)
def test_each_public_thing(row):
    found = {f.code for f in check(row.model(), select=["KR1", "KR2"])}
    assert found == ARGUED.get(row.name, set())


def test_no_argument_outlives_its_row():
    assert ARGUED.keys() <= {row.name for row in WITHOUT_A_FORM}


def test_open_sizes_are_probed_in_linear_time():
    """Equal windows on equal shapes are asked once, however many there are."""
    asked = []

    class Counted(layers.Conv2D):
        def compute_output_shape(self, shape):
            asked.append(shape)
            return super().compute_output_shape(shape)

    Counted.__module__ = layers.Conv2D.__module__  # foreign layers are not asked
    inputs = x = keras.Input((None, None, 2))
    for _ in range(50):
        x = layers.Add()([x, Counted(2, 3, padding="same")(x)])
    model = keras.Model(inputs, x)
    asked.clear()
    assert check(model, select=["KR202"]) == []
    assert len(asked) == 7
