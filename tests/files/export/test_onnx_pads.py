"""Who reads a padded picture pads by himself, where that is the same."""

import numpy as np
import pytest

from keras_residual.files.export.onnx_folds import fold_pads

from .onnx_graphs import assert_unchanged, graph, helper, kinds

AROUND = [0, 0, 1, 2, 0, 0, 3, 0]  # before each axis of four, then behind each
LAST = [0, 1, 2, 0, 0, 3, 0, 0]  # the same, the channels last
KERNEL = np.random.default_rng(0).standard_normal((3, 2, 4, 5)).astype("float32")


def pad(source="x", amounts=AROUND, value=(), **settings):
    names = [source, f"amounts{amounts}", *(["value"] if value else [])]
    made = helper.make_node("Pad", names, ["padded"], **settings)
    constants = {names[1]: np.array(amounts)}
    constants |= {"value": np.array(value[0], "float32")} if value else {}
    return made, constants


def conv(source="padded", **settings):
    return helper.make_node("Conv", [source, "kernel"], ["y"], **settings)


def pool(source="padded", **settings):
    settings = {"kernel_shape": [4, 4], "strides": [2, 2]} | settings
    return helper.make_node("MaxPool", [source], ["y"], **settings)


def relu(source="x", target="positive"):
    return helper.make_node("Relu", [source], [target])


def turned(source="padded"):
    return helper.make_node("Transpose", [source], ["turned"], perm=[0, 3, 1, 2])


FOLDED = {
    "a convolution": [pad(), conv()],
    "one that pads itself": [pad(), conv(pads=[1, 0, 0, 2], strides=[2, 1])],
    "behind a transposition": [pad(amounts=LAST), turned(), conv("turned")],
    "zeros that are given": [pad(value=(0.0,)), conv()],
    "a pool of what is positive": [relu(), pad("positive"), pool()],
    "a pool of less than any number": [pad(value=(-np.inf,)), pool()],
    "a pool that pads itself": [relu(), pad("positive"), pool(pads=[0, 1, 0, 1])],
}
KEPT = {
    "a pool of any numbers": [pad(), pool()],
    "a window of padding alone": [
        relu(),
        pad("positive"),
        pool(kernel_shape=[3, 3], strides=[1, 1]),
    ],
    "a window with holes": [relu(), pad("positive"), pool(dilations=[2, 2])],
    "what others read, too": [pad(), conv(), relu("padded", "z")],
    "an output": [pad(), conv(), helper.make_node("Identity", ["padded"], ["z"])],
    "other numbers than zero": [pad(value=(0.5,)), conv()],
    "a convolution of less than any number": [pad(value=(-np.inf,)), conv()],
    "a mirror": [pad(mode="reflect"), conv()],
    "channels": [pad(amounts=[0, 1, 0, 0, 0, 0, 0, 0]), conv()],
    "a crop": [pad(amounts=[0, 0, -1, 0, 0, 0, 0, 0]), conv()],
    "a convolution that sees to it": [pad(), conv(auto_pad="SAME_UPPER")],
}
NARROW = {"channels"}  # pads one channel to the two of the kernel


def built(name):
    """Builds a graph of the parts, and says what it takes."""
    nodes, constants = [], {"kernel": KERNEL}
    for part in (FOLDED | KEPT)[name]:
        node, more = part if isinstance(part, tuple) else (part, {})
        nodes.append(node)
        constants |= more
    last = any(node.op_type == "Transpose" for node in nodes)
    shape = [2, 8, 9, 2] if last else [2, 1 if name in NARROW else 2, 8, 9]
    return graph(nodes, constants, shape), shape


@pytest.mark.parametrize("name", [*FOLDED, *KEPT])
def test_a_pad_goes_where_nothing_changes(name):
    proto, shape = built(name)
    assert_unchanged(fold_pads, proto, shape)
    assert ("Pad" in kinds(proto)) == (name in KEPT)


def test_no_constant_stays_that_nobody_reads():
    proto, _ = built("zeros that are given")
    fold_pads(proto.graph)
    assert [tensor.name for tensor in proto.graph.initializer] == ["kernel"]


def test_amounts_that_are_computed_stay():
    node, constants = pad()
    amounts = helper.make_node("Identity", ["given"], [node.input[1]])
    given = {"given": constants[node.input[1]], "kernel": KERNEL}
    proto = graph([amounts, node, conv()], given, [2, 2, 8, 9])
    assert_unchanged(fold_pads, proto, [2, 2, 8, 9])
    assert kinds(proto) == ["Identity", "Pad", "Conv"]
