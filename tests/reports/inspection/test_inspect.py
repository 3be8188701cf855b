import json
import re

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.graph.graph import Graph
from keras_residual.measures import cka, measure
from keras_residual.reports.inspection.facts import depth
from keras_residual.reports.inspection.findings import markdown

from .nets import HOSTILE, small


def known(page):
    """Reads what the page's script knows."""
    text = page.read_text(encoding="utf-8")
    found = re.search(r'id="inspection">(.*?)</script>', text)
    assert found
    return json.loads(found[1])


def figure(page, name):
    return chart(page, name)["data"][0]


def chart(page, name):
    text = page.read_text(encoding="utf-8")
    found = re.search(rf'application/json" id="{name}">(.*?)</script>', text)
    assert found
    return json.loads(found[1])


def markup(page):
    """Returns the page without its scripts."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"<script\b.*?</script>", "", text, flags=re.S)


def test_units_are_those_that_are_found(tmp_path):
    model = small()
    found = kr.find_residuals(model)
    told = known(kr.inspect(model, tmp_path / "page.html"))
    assert [unit["path"] for unit in told["units"]] == [unit.path for unit in found]
    for unit, shown in zip(found, told["units"], strict=True):
        paths = [[told["ops"][str(op)][0] for op in ops] for ops in shown["branches"]]
        assert paths == [[op.path for op in branch] for branch in unit.branches]
        facts = dict(shown["facts"])
        assert facts["entry"] == unit.entry.path
        assert facts["shortcut"] == unit.kind
        assert facts["channels"] == "6"


def test_every_unit_can_be_chosen_in_the_picture(tmp_path):
    page = markup(kr.inspect(small(), tmp_path / "page.html"))
    groups = [word.split() for word in re.findall(r'data-units="([\d ]+)"', page)]
    assert groups == [["0"], ["1", "2"], ["3"]]


def test_findings_are_those_of_the_rules_and_lie_in_their_units(tmp_path):
    model = small()
    page = kr.inspect(model, tmp_path / "page.html")
    found, told = kr.check(model), known(page)
    assert [code for _, code, _ in told["findings"]] == [f.code for f in found]
    shown = markup(page)
    for finding in found:
        assert finding.path in shown
    (number,) = [k for k, f in enumerate(found) if f.code == "KR101"]
    assert number in told["units"][3]["findings"]
    assert number not in told["units"][0]["findings"]


def test_numbers_are_those_that_were_measured(measured, data):
    keras.utils.set_random_seed(0)
    model, told = small(HOSTILE, HOSTILE), known(measured)
    columns = [column["name"] for column in told["columns"]]
    assert {"ratio", "cosine", "gradient", "lesion"} <= set(columns)
    table = measure(model, data, columns=columns)
    for column in told["columns"]:
        values = [np.nan if v is None else v for v in column["values"]]
        np.testing.assert_allclose(values, table[column["name"]], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(figure(measured, "lesion")["y"], table["lesion"], 1e-4)
    matrix = cka(model, data).matrix
    np.testing.assert_allclose(figure(measured, "cka")["z"], matrix, atol=2e-3)


def test_the_stream_is_what_lens_and_attribution_say(measured, data):
    keras.utils.set_random_seed(0)
    model = small(HOSTILE, HOSTILE)
    lens = kr.stream.lens(model, data[0])
    shares = np.array(figure(measured, "lens")["z"])
    assert chart(measured, "lens")["layout"]["yaxis"]["dtick"] == 1  # no half units
    classes = np.unique(lens.top)
    expected = [(lens.top == one).mean(1) for one in classes]
    np.testing.assert_allclose(shares, np.transpose(expected), atol=1e-5)
    parts = kr.stream.attribution(model, data[0]).values.mean(1)
    bars = figure(measured, "attribution")["y"]
    np.testing.assert_allclose(bars, parts, 1e-3, 1e-4)


def test_the_stream_is_left_out_where_it_is_no_answer(tmp_path):
    x = keras.Input((4,), name="x")
    y = keras.layers.Add()([x, keras.layers.Dense(4)(x)])
    y = keras.layers.Dense(8, "relu", name="hidden")(y)
    page, ones = tmp_path / "page.html", np.ones((5, 4))
    kr.inspect(keras.Model(x, keras.layers.Dense(1)(y)), page, data=ones)
    assert "<h2>Stream" not in markup(page)
    kr.inspect(keras.Model(x, keras.layers.Dense(2)(y)), page, data=ones)
    assert figure(page, "lens")
    assert "its read-out is not linear" in markup(page)


def test_positions_are_shown_where_there_are(tmp_path):
    x = keras.Input((3, 4), name="x")
    y = keras.layers.Add()([x, keras.layers.Dense(4, "tanh")(x)])
    model, page = keras.Model(x, keras.layers.Softmax()(y)), tmp_path / "page.html"
    data = np.random.default_rng(0).normal(size=(5, 3, 4))
    kr.inspect(model, page, data=data)
    found = kr.stream.lens(model, data).kl.mean(1)
    np.testing.assert_allclose(figure(page, "lens")["z"], found, 1e-3, 1e-5)


def test_names_are_shown_and_never_become_markup(measured):
    page = markup(measured)
    assert "&lt;img src=x onerror=alert(1)&gt; add" in page
    assert "<img" not in measured.read_text(encoding="utf-8").replace(plotly(), "")


def plotly():
    from plotly.offline import get_plotlyjs

    return get_plotlyjs()


def test_the_page_asks_nothing_of_the_network(measured):
    page = markup(measured)
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page)
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_plotly_comes_with_figures_only(tmp_path, measured):
    bare = kr.inspect(small(), tmp_path / "page.html")
    assert bare.stat().st_size < 100_000
    assert "keras-residual inspect FILE --data DATA" in markup(bare)
    assert plotly() in measured.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data": "x"}, "A lesion needs labels"),
        ({"compiled": False}, "SparseCategoricalCrossentropy(from_logits=True)"),
        ({"columns": ["ratio"]}, "The lesion was not asked for"),
    ],
)
def test_it_says_why_there_is_no_lesion(tmp_path, data, change, said):
    model = small()
    if not change.pop("compiled", True):
        model = keras.Model(model.inputs, model.outputs)
    given = data[0] if change.pop("data", None) else data
    page = markup(kr.inspect(model, tmp_path / "page.html", data=given, **change))
    assert said in page


def test_numbers_that_are_not_finite_are_gaps(tmp_path):
    x = y = keras.Input((4,), name="x")
    for k in range(2):
        kernel = keras.initializers.Constant(1e30)
        change = keras.layers.Dense(4, kernel_initializer=kernel, name=f"dense{k}")(y)
        y = keras.layers.Add(name=f"add{k}")([y, change])
    place = tmp_path / "page.html"
    page = kr.inspect(keras.Model(x, y), place, data=np.ones((8, 4), "float32"))
    told = {column["name"]: column["values"] for column in known(page)["columns"]}
    assert None in told["ratio"]


def test_data_that_can_be_read_once_is_enough(tmp_path, data):
    values, labels = data
    batches = ((values[k : k + 8], labels[k : k + 8]) for k in (0, 8))
    told = known(kr.inspect(small(), tmp_path / "page.html", data=batches))
    assert "lesion" in [column["name"] for column in told["columns"]]


def test_no_rule_measures_what_the_page_has_measured(tmp_path, data, monkeypatch):
    from keras_residual.checks.rules import dead_branch

    def refuse(*_, **__):
        raise AssertionError("measured again")

    monkeypatch.setattr(dead_branch, "measure", refuse)
    kr.inspect(small(), tmp_path / "page.html", data=data)
    with pytest.raises(AssertionError, match="measured again"):
        kr.inspect(small(), tmp_path / "page.html", data=data, columns=["cosine"])


def test_one_unit_is_compared_with_nothing(tmp_path):
    x = keras.Input((4,), name="x")
    y = keras.layers.Add(name="add")([x, keras.layers.Dense(4, name="dense")(x)])
    place = tmp_path / "page.html"
    page = kr.inspect(keras.Model(x, y), place, data=np.ones((4, 4)))
    assert "where there are two units or more" in markup(page)


def test_a_plain_network_is_a_picture_without_units(tmp_path):
    inputs = keras.Input((4,), name="x")
    model = keras.Model(inputs, keras.layers.Dense(2, name="dense")(inputs))
    page = kr.inspect(model, tmp_path / "page.html", data=np.ones((4, 4)))
    assert "a plain network: no residual units" in markup(page)
    assert known(page)["units"] == []


def test_a_very_deep_network_is_a_page_of_reasonable_size(tmp_path):
    inputs = keras.Input((4,), name="x")
    x = inputs
    for k in range(400):
        x = keras.layers.Add(name=f"add{k}")([x, keras.layers.Rescaling(0.1)(x)])
    page = kr.inspect(keras.Model(inputs, x), tmp_path / "page.html")
    assert len(known(page)["units"]) == 400
    assert page.stat().st_size < 1_000_000


def test_depth_counts_layers_with_weights_on_the_longest_path():
    assert depth(Graph(small())) == 1 + 2 + 2 + 1 + 1  # the projection lies beside


def test_the_model_is_left_as_it_is(tmp_path, data):
    model = small()
    before = [w.copy() for w in model.get_weights()], model.get_config()
    nodes = [len(layer._inbound_nodes) for layer in model.layers]
    kr.inspect(model, tmp_path / "page.html", data=data)
    for old, new in zip(before[0], model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert model.get_config() == before[1]
    assert [len(layer._inbound_nodes) for layer in model.layers] == nodes


def test_a_failure_while_writing_keeps_the_old_page(tmp_path, monkeypatch):
    page = kr.inspect(small(), tmp_path / "page.html")
    before = page.read_text(encoding="utf-8")
    monkeypatch.setattr("os.replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        kr.inspect(small("other"), page)
    assert page.read_text(encoding="utf-8") == before
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("text", ["<script>1</script>", "[x](javascript:alert(1))"])
def test_a_document_brings_no_markup_of_its_own(text):
    assert "<script" not in markdown(text)
    assert "href" not in markdown(text)


@pytest.mark.parametrize("path", ["page.txt", "page", "no/such/page.html"])
def test_a_page_that_cannot_be_written_is_refused_before_any_work(path):
    with pytest.raises(ValueError, match="Write:"):
        kr.inspect(object(), path)  # type: ignore[arg-type]
