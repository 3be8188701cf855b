"""Measuring leaves the model as it is; the table says all that it holds."""

import csv
import io
import json

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.measures import COLUMNS, Row, Table, Verdict, cka, measure, verdicts

from .nets import random


def nodes(model):
    """How often each layer was called symbolically, nested models included."""
    inner = [x for layer in model.layers for x in getattr(layer, "layers", [])]
    found = [model, *model.layers, *inner]
    return {layer.name: len(layer._inbound_nodes) for layer in found}


def make():
    a = keras.Input((4,), name="a")
    branch = [kr.norm(), kr.dense(4, activity_regularizer="l2"), kr.dropout(0.5)]
    block = keras.Model(a, kr.Residual(branch)(a), name="block")
    x = keras.Input((4,), name="x")
    model = keras.Model(x, layers.Dense(3)(block(block(x))), name="net")
    model.compile("adam", "mse")
    model.fit(random(8, 4), random(8, 3), verbose=0)
    return model


def state(model):
    variables = [*model.variables, *model.optimizer.variables]
    return {
        "weights": [keras.ops.convert_to_numpy(v.value) for v in variables],
        "config": json.dumps(model.get_config(), default=str),
        "compiled": json.dumps(model.get_compile_config(), default=str),
        "nodes": nodes(model),
        "attributes": sorted(vars(model)),
    }


def test_the_model_is_left_as_it_is():
    model = make()
    before = state(model)
    table = measure(model, (random(8, 4), random(8, 3)), columns="all")
    cka(model, random(8, 4))
    after = state(model)
    assert len(table.rows) == 2
    for old, new in zip(before.pop("weights"), after.pop("weights"), strict=True):
        np.testing.assert_array_equal(old, new)
    assert before == after
    assert before["nodes"]["block"] == 2  # it was called twice
    assert model.losses == []  # Keras forgets the last call's; none were added


def test_the_same_numbers_twice():
    model, data = make(), (random(8, 4), random(8, 3))
    first, second = (measure(model, data, columns="all") for _ in range(2))
    assert first.to_dict() == second.to_dict()


def test_the_table_as_values_as_text_and_as_columns(tmp_path, capsys):
    model = make()
    table = measure(model, (random(8, 4), random(8, 3)), columns="all")
    plain = json.loads(json.dumps(table.to_dict()))
    assert plain["examples"] == 8
    assert list(plain["rows"][0]) == ["unit", "kind", *COLUMNS, "verdicts"]
    assert plain["rows"][0]["gate"] is None
    text = table.to_csv(tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text(encoding="utf-8") == text
    rows = list(csv.DictReader(io.StringIO(text)))
    for k, row in enumerate(rows):
        assert float(row["ratio"]) == table["ratio"][k]
        assert row["gate"] == ""
    shown = str(table)
    assert "net: 2 units, 8 examples" in shown
    assert all(c.title.split("\n")[-1] in shown for c in COLUMNS.values())
    assert f"{table['ratio'][0]:.3g}" in shown
    assert "gate: missing for 2 units" in shown
    assert "effective depth" in shown
    assert capsys.readouterr().err == ""  # no bar where there is no terminal


def test_names_are_no_markup():
    inputs = keras.Input((4,))
    x = layers.Add(name="add[bold]")([inputs, layers.Dense(4)(inputs)])
    table = measure(keras.Model(inputs, x, name="net[red]"), random(8, 4))
    assert "net[red]: 1 unit, 8 examples" in str(table)
    assert "add[bold]" in str(table)


def test_half_precision_is_measured():
    keras.config.set_dtype_policy("mixed_bfloat16")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, inputs + layers.Dense(4)(inputs))
    data = (random(8, 4), random(8, 4))
    table = measure(model, data, columns="all", loss="mse")
    assert 0 < table["ratio"][0] < 10
    assert table["gradient"][0] > 0
    assert table["gain"][0] > 0


def test_a_column_that_was_not_measured_is_told():
    table = measure(make(), random(8, 4), columns="ratio")
    with pytest.raises(ValueError, match=r"columns=\['gain'\]"):
        table["gain"]
    assert table.effective_depth is None


def test_verdicts_rest_on_numbers():
    assert (
        verdicts({}) == verdicts({"ratio": 0.3, "cosine": 0.0, "negative": 0.5}) == ()
    )
    assert verdicts({"ratio": 3.0}, starts=True) == ()
    (dead,) = verdicts({"ratio": 2e-5})
    assert dead == Verdict("dead", "the branch is 2.0e-05 of the stream")
    found = verdicts({"ratio": 3.0, "cosine": -0.8, "negative": 0.0})
    assert [v.word for v in found] == ["dominated", "cancelling", "non-negative"]
    assert verdicts({"ratio": float("nan"), "negative": float("nan")}) == ()
    assert verdicts({"ratio": 3.0, "cosine": -0.8, "negative": 0.0}, form="max") == ()


def test_a_table_says_what_its_words_mean_where_they_stand():
    kinds = ("identity", "identity", "projection", "padded")
    rows = tuple(Row(f"add{k}", kind, (3.0,)) for k, kind in enumerate(kinds))
    table = Table("net", 1, ("ratio",), ("ratio",), rows)
    assert table.verdicts() == {"add1": ("dominated",), "add3": ("dominated",)}
    joined = tuple(Row("a", "identity", (3.0,), "concatenate") for _ in range(2))
    assert Table("net", 1, ("ratio",), ("ratio",), joined).verdicts() == {}
    for said in (str(table), table._repr_html_()):
        assert " ".join(said.split()).count("dominated: the branch is larger") == 1
        assert "dead:" not in said
