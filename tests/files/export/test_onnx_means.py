"""A mean reads its input as it lies, where that is the same."""

import numpy as np
import pytest

from keras_residual.files.export.onnx_folds import fold_transposes

from .onnx_graphs import assert_unchanged, graph, helper, kinds

SHAPE = [2, 3, 4, 5]
LAST = [0, 2, 3, 1]


def turned(source="x", perm=LAST):
    return helper.make_node("Transpose", [source], ["turned"], perm=perm)


def relu(source="turned", target="positive"):
    return helper.make_node("Relu", [source], [target])


def mean(source="turned", axes="pixels", **settings):
    settings = {"keepdims": 0} | settings
    return helper.make_node("ReduceMean", [source, axes], ["y"], **settings)


FOLDED = {
    "a mean": [turned(), mean()],
    "behind a rectifier": [turned(), relu(), mean("positive")],
    "axes from behind": [turned(), mean(axes="from behind")],
    "of the channels": [turned(), mean(axes="channels")],
}
KEPT = {
    "axes that stay": [turned(), mean(keepdims=1)],
    "another order": [turned(perm=[2, 1, 3, 0]), mean()],
    "what others read, too": [turned(), mean(), relu(target="z")],
    "a sum with itself": [
        turned(),
        helper.make_node("Add", ["turned", "turned"], ["twice"]),
        mean("twice"),
    ],
}
AXES = {"pixels": [1, 2], "from behind": [-3, -2], "channels": [3]}


@pytest.mark.parametrize("name", [*FOLDED, *KEPT])
def test_a_transposition_goes_where_nothing_changes(name):
    constants = {key: np.array(axes) for key, axes in AXES.items()}
    proto = graph((FOLDED | KEPT)[name], constants, SHAPE)
    assert_unchanged(fold_transposes, proto, SHAPE)
    assert ("Transpose" in kinds(proto)) == (name in KEPT)
