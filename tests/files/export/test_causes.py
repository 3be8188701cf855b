"""The cause is in what is quoted, and what nobody can read is not."""

import pytest

from keras_residual.files.export.others import cause_of

LITERT = """Could not translate MLIR to FlatBuffer.
<unknown>:0: error: loc(callsite(fused["A:"] at fused["D:", "d"])): 'tf.A' op is no \
flex op
<unknown>:0: note: loc(fused["D:", "d"]): called from
<unknown>:0: error: failed while converting: 'main':
TF Select ops: A"""
RUNTIME = """[Error] : 1 : FAIL : Non-zero status while running a node. Name:'R'
  Message:
  'Cubic' mode only supports 2-D inputs"""
KERAS = """Exception encountered when calling Own.call().

\x1b[1mIt cannot. It is odd.\x1b[0m

Arguments received by Own.call():
  • inputs=KerasTensor"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            LITERT,
            "Could not translate MLIR to FlatBuffer. error: 'tf.A' op is no flex op "
            "error: failed while converting: 'main': TF Select ops: A",
        ),
        (RUNTIME, " ".join(RUNTIME.split())),
        (KERAS, "It cannot. It is odd."),
        ("", "ValueError"),
    ],
)
def test_what_is_said_is_said_to_the_end(text, said):
    assert cause_of(ValueError(text)) == said


def test_the_first_cause_is_said_too():
    error, why = ValueError("No graph. " + 200 * "node "), KeyError("the cause")
    error.__cause__ = why
    assert cause_of(error).startswith("No graph.")
    assert cause_of(error).endswith("It came from: 'the cause'")
    why.__cause__ = ValueError("No graph.")
    assert "It came from" not in cause_of(error)
