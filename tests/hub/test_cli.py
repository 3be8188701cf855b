"""The commands take blocks out of a file that keras-hub's own classes are in."""

import sys

import keras
import numpy as np
import pytest
from hub.backbones import BACKBONES

import keras_residual as kr
from keras_residual.cli.main import main

keras_hub = pytest.importorskip("keras_hub", reason="pip install keras-hub")
pytestmark = [
    # What keras-hub's own code is warned of.
    pytest.mark.filterwarnings("ignore::UserWarning:keras"),
    pytest.mark.filterwarnings("ignore::UserWarning:keras_hub"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A classifier of pictures, and pictures of two classes."""
    folder = tmp_path_factory.mktemp("hub")
    case = BACKBONES["ViTBackbone"]
    how = {"num_classes": 2, "preprocessor": None}
    model = keras_hub.models.ViTImageClassifier(case.build(), **how)
    model.save(folder / "vit.keras")
    shape = (12, *case.inputs().shape[1:])
    x = np.random.default_rng(0).uniform(0, 255, shape).astype("uint8")
    np.savez(folder / "data.npz", x=x, y=np.arange(12) % 2)
    return folder


def command(monkeypatch, capsys, *words):
    words = ["keras-residual", *map(str, words), "--import", "keras_hub"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code, capsys.readouterr().err
    return capsys.readouterr().out


def test_a_pruned_backbone_stays_of_its_class(folder, monkeypatch, capsys):
    out = folder / "pruned.keras"
    words = ["--data", folder / "data.npz", "--tolerance", "1", "--out", out]
    words += ["--units", "block", "--into", "backbone"]
    command(monkeypatch, capsys, "prune", folder / "vit.keras", *words)
    old, new = (keras.saving.load_model(one) for one in (folder / "vit.keras", out))
    assert type(new) is type(old)
    assert new.backbone.num_layers < old.backbone.num_layers


def test_a_block_is_dropped_whole(folder, monkeypatch, capsys):
    model, out = folder / "vit.keras", folder / "rewired.keras"
    old = kr.find_residuals(kr.open_model(model, modules=["keras_hub"]))
    block = old[0].path.rpartition("/")[0]
    words = ["--drop", block, "--by", "block", "--out", out]
    output = command(monkeypatch, capsys, "rewire", model, *words)
    assert "is gone" in output
    new = kr.find_residuals(kr.open_model(out, modules=["keras_hub"]))
    assert len(new) == len(old) - 2
