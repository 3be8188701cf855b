"""The networks of keras.applications are clean, but for what is argued in a list."""

import tomllib
from collections import Counter
from pathlib import Path

import keras
import pytest
from graph.test_families import FAMILIES, on_one_backend

from keras_residual.checks import check
from keras_residual.checks.catalogue import RULES

ARGUED = tomllib.loads(Path(__file__).with_name("argued.toml").read_text())


@on_one_backend
@pytest.mark.parametrize(("name", "size"), [family[:2] for family in FAMILIES])
def test_only_what_is_argued_is_found(name, size):
    keras.utils.clear_session(free_memory=False)
    model = getattr(keras.applications, name)(
        weights=None, include_top=False, input_shape=(size, size, 3)
    )
    argued = {code: row["count"] for code, row in ARGUED.get(name, {}).items()}
    assert Counter(finding.code for finding in check(model)) == argued


def test_the_list_names_what_there_is():
    codes = {rule.code for rule in RULES}
    assert ARGUED.keys() <= {name for name, *_ in FAMILIES}
    for rows in ARGUED.values():
        assert rows.keys() <= codes
        assert all(row["reason"] and row["count"] > 0 for row in rows.values())
