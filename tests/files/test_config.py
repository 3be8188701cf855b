"""Numbers in a description that say how often something is done."""

import pytest

from keras_residual.files.config import refused_setting


def test_a_name_is_as_long_as_one_that_is_read():
    item = {"class_name": "Dense", "config": {"name": "a" * 60_000}}
    assert refused_setting(item) == "a name of 60000 letters"
    assert refused_setting({"class_name": "Dense", "config": {"name": "dense"}}) is None


@pytest.mark.parametrize("shape", [{"a": 4}, {}, [4], "4", 4, [None, "4"], None])
def test_means_of_a_shape_that_is_none_are_refused(shape):
    item = {"class_name": "Normalization", "config": {"axis": [-1, 3]}}
    item["build_config"] = {"input_shape": shape}
    assert str(refused_setting(item)).startswith("means of")


@pytest.mark.parametrize(
    ("layer", "setting"),
    [("SpectralNormalization", "power_iterations"), ("Unstack", "num")],
)
def test_what_is_done_a_billion_times_is_refused(layer, setting):
    item = {"class_name": layer, "config": {setting: 10**9}}
    assert f"{setting}=1000000000, more than" in str(refused_setting(item))
    assert refused_setting({"class_name": layer, "config": {setting: 2}}) is None
