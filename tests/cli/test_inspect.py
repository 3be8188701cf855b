import keras
import pytest

import keras_residual as kr


@pytest.fixture
def network(tmp_path):
    inputs = keras.Input((8, 8, 3), name="picture")
    x = keras.layers.Rescaling(1 / 255, name="small")(inputs)
    for name in ("first", "second"):
        x = kr.blocks.basic(4)(x, name=name)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(inputs, keras.layers.Dense(2, name="head")(x), name="network")
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.save(tmp_path / "network.keras")
    return tmp_path / "network.keras"


def test_a_page_beside_the_reader(command, network, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    code, output, errors = command("inspect", network)
    assert (code, output, errors) == (0, "page   network.inspect.html\n", "")
    page = (tmp_path / "here" / "network.inspect.html").read_text(encoding="utf-8")
    assert "<h1>network</h1>" in page
    assert 'data-figure="lesion"' not in page


def test_data_brings_the_measures(command, network, data, tmp_path):
    out = tmp_path / "page.html"
    code, output, _ = command("inspect", network, "--data", data, "--out", out)
    assert (code, output) == (0, f"page   {out}\n")
    page = out.read_text(encoding="utf-8")
    for name in ("measure", "lesion", "cka"):
        assert f'data-figure="{name}"' in page
    assert "On 4 examples" in page  # a tenth is held out


def test_columns_and_examples_are_chosen(command, network, data, tmp_path):
    out = tmp_path / "page.html"
    chosen = ("--columns", "ratio,gain", "--examples", 2)
    code, *_ = command("inspect", network, "--data", data, "--out", out, *chosen)
    assert code == 0
    page = out.read_text(encoding="utf-8")
    assert "On 2 examples" in page
    assert '"name":"gain"' in page
    assert '"name":"cosine"' not in page


@pytest.mark.parametrize("options", [("--out", "page.txt"), ("--out", "no/page.html")])
def test_a_place_that_does_not_do_is_refused(command, network, options):
    code, _, errors = command("inspect", network, *options)
    assert code == 2
    assert "Write:" in errors


def test_a_measure_that_is_not_there_is_refused(command, network, data, tmp_path):
    place = ("--out", tmp_path / "page.html")
    bad = ("--columns", "ration")
    code, _, errors = command("inspect", network, "--data", data, *place, *bad)
    assert code == 2
    assert "ratio" in errors
