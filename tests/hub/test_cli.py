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


def command(monkeypatch, capsys, *words):
    words = ["keras-residual", *map(str, words), "--import", "keras_hub"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    output = capsys.readouterr()
    assert not ended.value.code, output.err
    return output.out


def test_a_pruned_backbone_stays_of_its_class(tmp_path, monkeypatch, capsys):
    case = BACKBONES["ViTBackbone"]
    how = {"num_classes": 2, "preprocessor": None}
    old = keras_hub.models.ViTImageClassifier(case.build(), **how)
    model, out = tmp_path / "vit.keras", tmp_path / "pruned.keras"
    old.save(model)
    shape = (12, *case.inputs().shape[1:])
    x = np.random.default_rng(0).uniform(0, 255, shape).astype("uint8")
    np.savez(tmp_path / "data.npz", x=x, y=np.arange(12) % 2)
    words = ["--data", tmp_path / "data.npz", "--tolerance", "1", "--out", out]
    words += ["--units", "block", "--into", "backbone"]
    command(monkeypatch, capsys, "prune", model, *words)
    new = keras.saving.load_model(out)
    assert type(new) is type(old)
    assert new.backbone.num_layers < old.backbone.num_layers


def test_a_block_is_dropped_whole(tmp_path, monkeypatch, capsys):
    model, out = tmp_path / "gpt2.keras", tmp_path / "rewired.keras"
    BACKBONES["GPT2Backbone"].build().save(model)
    words = ["--drop", "transformer_layer_0", "--by", "block", "--out", out]
    output = command(monkeypatch, capsys, "rewire", model, *words)
    assert "is gone" in output
    left = kr.find_residuals(kr.open_model(out, modules=["keras_hub"]))
    assert left
    assert all(one.path.startswith("transformer_layer_1") for one in left)
