"""Inputs and outputs have the names that they are given, whatever else has them."""

import numpy as np
import pytest

from keras_residual.files.export.onnx_repairs import name_ends

from .onnx_graphs import TensorProto, answers, graph, helper

X = np.array([1.0, -2.0], "float32")


def node(kind, given, made, **settings):
    return helper.make_node(kind, [given], [made], **settings)


def ends(proto):
    lists = (proto.graph.input, proto.graph.output)
    return [[entry.name for entry in each] for each in lists]


def inner(name):
    """A graph that reads a tensor of the graph around it."""
    value = helper.make_tensor_value_info("inside", TensorProto.FLOAT, None)
    return helper.make_graph([node("Neg", name, "inside")], "inner", [], [value])


NODES = {
    "plain": [node("Neg", "x", "y")],
    "names are taken inside": [node("Neg", "x", "a"), node("Neg", "a", "y")],
    "an output is read": [node("Neg", "x", "z"), node("Relu", "z", "y")],
}


@pytest.mark.parametrize("name", NODES)
@pytest.mark.parametrize(
    ("given", "made"),
    [(["x"], ["a", "b"]), (["in:0"], ["out", "out"]), (["a"], ["a", "a"])],
)
def test_the_names(name, given, made):
    proto = graph(NODES[name], {}, [2])
    made = made[: len(proto.graph.output)]
    (before, *_) = answers(proto, X)
    name_ends(proto.graph, given, made)
    inputs, outputs = ends(proto)
    assert inputs == given
    assert len({*inputs, *outputs}) == 1 + len(outputs)
    for one, wanted in zip(outputs, made, strict=True):
        assert one == wanted or one.startswith(f"{wanted}_")
    proto.graph.input[0].name, first = "x", proto.graph.input[0].name
    for step in proto.graph.node:
        step.input[:] = ["x" if name == first else name for name in step.input]
    np.testing.assert_array_equal(answers(proto, X)[0], before)


def test_an_input_that_is_returned():
    proto = graph([node("Neg", "x", "y")], {}, [2])
    proto.graph.output.add().CopyFrom(proto.graph.input[0])
    name_ends(proto.graph, ["x"], ["neg", "x"])
    assert ends(proto) == [["x"], ["neg", "x_1"]]
    for made, wanted in zip(answers(proto, X), [-X, X], strict=True):
        np.testing.assert_array_equal(made, wanted)


def test_a_graph_inside_reads_the_new_names():
    yes = helper.make_node("Constant", [], ["c"], value_ints=[1])
    bools = node("Cast", "c", "yes", to=TensorProto.BOOL)
    both = {"then_branch": inner("x"), "else_branch": inner("x")}
    proto = graph([yes, bools, node("If", "yes", "y", **both)], {}, [2])
    name_ends(proto.graph, ["inside"], ["y"])
    assert ends(proto) == [["inside"], ["y"]]
    import onnxruntime

    session = onnxruntime.InferenceSession(proto.SerializeToString())
    np.testing.assert_array_equal(session.run(None, {"inside": X})[0], -X)
