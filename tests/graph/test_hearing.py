"""Values of a graph carry the masks that they carry in the model's own call."""

import keras
import numpy as np
import pytest
from graph.attention_masks import MASKS, embedded

from keras_residual._keras import mask_on
from keras_residual.graph.graph import Graph
from keras_residual.graph.numbers import numbers
from keras_residual.graph.running import Runner

pytestmark = pytest.mark.filterwarnings("ignore:.*does not support masking")

TOKENS = np.array([[1, 2, 3, 0, 0, 0]], "int32")


@pytest.mark.parametrize("name", MASKS)
def test_a_run_hears_what_the_model_hears_each_time(name):
    x, tokens = embedded()
    model = keras.Model(tokens, MASKS[name][0](x))
    graph = Graph(model)
    expected, runner = model(TOKENS), Runner(graph)
    (stream,) = (op.index for op in graph.ops if op.kind == "embedding")
    given = {graph.inputs[0]: keras.ops.convert_to_tensor(TOKENS)}
    # Once whole, as Keras does; then twice from what is known half-way.
    ((_, alive),) = ((at, dict(values)) for at, values in runner.run(given, {stream}))
    for known in (given, given | alive, given | alive):
        (found,) = runner.outputs(known)
        np.testing.assert_allclose(numbers(found), numbers(expected), atol=1e-6)
        assert (mask_on(found) is None) == (mask_on(expected) is None)
