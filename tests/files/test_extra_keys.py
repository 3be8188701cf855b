"""Nothing that a file says about itself makes us trust it more."""

import copy
import json
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import keras_residual as kr

from .artifacts import CONFIG, METADATA, Members, small_members, write
from .hostile_configs import OBJECTS, as_activation, as_layer

SWITCHES = [
    "safe_mode",
    "trust_remote_code",
    "weights_only",
    "allow_pickle",
    "custom_objects",
    "compile",
    "compile_config",
    "build_config",
    "shared_object_id",
    "keras_version",
    "__lambda__",
]
NAMES = st.sampled_from(SWITCHES) | st.text(max_size=8)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    PLAIN, lambda x: st.lists(x, max_size=2) | st.dictionaries(NAMES, x, max_size=2)
)
EXTRAS = st.lists(st.tuples(st.integers(0, 10**6), NAMES, VALUES), max_size=6)
# Other values for these would make another object of it, perhaps a harmless one.
OWN = {"class_name", "module", "config", "registered_name"}


def dictionaries(value: Any) -> list[dict]:
    if isinstance(value, dict):
        return [value, *(d for item in value.values() for d in dictionaries(item))]
    if isinstance(value, list):
        return [d for item in value for d in dictionaries(item)]
    return []


def with_extras(config: Any, extras: list[tuple[int, str, Any]]) -> Any:
    config = copy.deepcopy(config)
    for at, name, value in extras:
        found = dictionaries(config)
        place = found[at % len(found)]
        if name not in OWN:
            place.setdefault(name, value)
    return config


@pytest.fixture(scope="module")
def members(tmp_path_factory) -> Members:
    return small_members(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("extra") / "extra.keras"


def save(path, members: Members, config: Any, metadata: Any) -> None:
    texts = {CONFIG: config, METADATA: metadata}
    files = {name: json.dumps(text).encode() for name, text in texts.items()}
    write(path, {**members, **files})


@settings(max_examples=500)
@given(
    st.sampled_from(sorted(OBJECTS)),
    st.sampled_from([as_layer, as_activation]),
    EXTRAS,
    st.dictionaries(NAMES, VALUES, max_size=3),
)
def test_a_hostile_file_is_refused_whatever_it_says(
    members, path, name, place, extras, metadata
):
    config = json.loads(members[CONFIG])
    place(copy.deepcopy(OBJECTS[name]), config)
    metadata = {**metadata, "keras_version": "3.15.1"}
    save(path, members, with_extras(config, extras), metadata)
    with pytest.raises(ValueError, match=r"names what we do not run|a setting in"):
        kr.open_model(path)


@settings(max_examples=50)
@given(EXTRAS)
@pytest.mark.filterwarnings("ignore::UserWarning")  # Keras, of odd settings
def test_a_good_file_is_the_same_model_or_is_refused(members, path, extras):
    config = with_extras(json.loads(members[CONFIG]), extras)
    save(path, members, config, json.loads(members[METADATA]))
    try:
        model = kr.open_model(path)
    except ValueError:
        return
    assert [layer.name for layer in model.layers] == [
        "inputs",
        "branch",
        "norm",
        "merge",
    ]
    assert np.isfinite(keras.ops.convert_to_numpy(model(np.ones((1, 4))))).all()
