"""Weights keep their names, shapes, types and order: files depend on them."""

import keras
import pytest
from unallocated import unallocated

import keras_residual as kr

from .weight_names import FOLDER, NOT_KEPT, described, kept

HELP = (
    "{name}: weights were renamed, reshaped or put in another order. Files that users "
    "saved do not load into this. If that is meant:  "
    "python tests/contracts/weight_names.py --update"
)
# One of each builder on each backend; names do not know the backend.
EVERYWHERE = {"resnet8", "resnet8_v2", "tabular_resnet"}


@pytest.mark.parametrize("name", kept())
def test_weights_are_named_as_before(name):
    if keras.backend.backend() != "tensorflow" and name not in EVERYWHERE:
        pytest.skip("large; compared on TensorFlow")
    before = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    same = described(unallocated(name)) == before
    assert same, HELP.format(name=name)


def test_snapshots_are_those_of_the_models():
    assert sorted(file.stem for file in FOLDER.glob("*.json")) == sorted(kept())
    assert NOT_KEPT.keys() <= set(kr.models.names())


def test_snapshots_are_small():
    assert [f.name for f in FOLDER.glob("*.json") if f.stat().st_size > 40_000] == []
