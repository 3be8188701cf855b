"""A task of keras-hub is read through its backbone, by all that looks at a model."""

import keras
import numpy as np
import pytest
from hub.backbones import BACKBONES

import keras_residual as kr

keras_hub = pytest.importorskip("keras_hub", reason="pip install keras-hub")
pytestmark = [
    # What keras-hub's own code is warned of.
    pytest.mark.filterwarnings("ignore::UserWarning:keras"),
    pytest.mark.filterwarnings("ignore::UserWarning:keras_hub"),
]
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
# JAX compiles each operation for each shape: there one stands for the other.
TAKEN = ["llama", "vit"][keras.config.backend() == "jax" :]


def numbers(value):
    return keras.ops.convert_to_numpy(value)


def task(name):
    if name == "llama":
        case = BACKBONES["LlamaBackbone"]
        model = keras_hub.models.LlamaCausalLM(case.build(), preprocessor=None)
        inputs = case.inputs()
        return model, inputs, inputs["token_ids"]
    case = BACKBONES["ViTBackbone"]
    how = {"num_classes": 3, "preprocessor": None}
    model = keras_hub.models.ViTImageClassifier(case.build(), **how)
    return model, case.inputs(), np.array([0, 2])


@pytest.fixture(scope="module", params=TAKEN)
def read(request):
    model, inputs, labels = task(request.param)
    return kr.Analysis(model, inputs), inputs, labels


def test_the_units_are_those_of_the_backbone(read):
    analysis, _, _ = read
    name = analysis.model.backbone.name
    paths = [unit.path for unit in analysis.units]
    assert len(paths) == 4
    assert all(path.startswith(f"{name}/") for path in paths)
    assert not analysis.closed


def test_what_is_opened_answers_as_the_task(read):
    analysis, inputs, _ = read
    own = numbers(analysis.model(inputs))
    opened = numbers(analysis.unfolded.model(inputs))
    np.testing.assert_allclose(opened, own, rtol=1e-5, atol=1e-6)


def test_it_is_measured_with_its_labels(read):
    analysis, inputs, labels = read
    assert all(one.level == "note" for one in kr.check(analysis))
    how = {"columns": ["ratio", "lesion"], "loss": LOSS, "progress": False}
    table = kr.measure(analysis, (inputs, labels), **how)
    assert np.isfinite(table["ratio"]).all()
    assert np.isfinite(table["lesion"]).all()


def test_its_stream_is_read_by_its_own_head(read):
    analysis, inputs, labels = read
    lens = kr.stream.lens(analysis, (inputs, labels), progress=False)
    assert len(lens.points) == 5
    skip = kr.stream.skip(analysis, (inputs, labels), length=2, loss=LOSS)
    assert len(skip.first) == 3
    assert np.isfinite(skip.rise).all()


def test_it_is_drawn_with_its_blocks(read, tmp_path):
    analysis, _, _ = read
    kr.draw(analysis, tmp_path / "task.svg")
    drawn = (tmp_path / "task.svg").read_text(encoding="utf-8")
    assert "×" in drawn
