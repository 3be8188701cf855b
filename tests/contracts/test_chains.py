"""Whatever is chained: the symbolic shape is real, and the file is the model."""

import tempfile
from pathlib import Path

import keras
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import keras_residual as kr

BACKEND = keras.backend.backend()
EXAMPLES = {"jax": 12}.get(BACKEND, 40)  # JAX compiles each network anew
MERGES = ("add", "average", "concatenate", "gate", "multiply", "two_gates")
SHORTCUTS = ("auto", "projection", "pooled_projection", "none")
NORMS = ("batch", "layer", "group", "rms", None)
BLOCKS = ("basic", "bottleneck", "preactivation", "preactivation_bottleneck")

filters, strides = st.sampled_from((2, 4, 6)), st.sampled_from((1, 1, 2, 3))


@st.composite
def equations(draw) -> kr.Residual:
    """One convolution, whatever carries the input past it, whatever joins them."""
    branch = [
        kr.conv(draw(filters), draw(st.sampled_from((1, 3))), stride=draw(strides))
    ]
    shortcut, merge = draw(st.sampled_from(SHORTCUTS)), draw(st.sampled_from(MERGES))
    return kr.Residual(branch, shortcut, merge)


@st.composite
def padded(draw) -> kr.Residual:
    """Zero padding only adds channels; a chain of ours never has more than 36."""
    where = draw(st.sampled_from(("after", "around")))
    branch = [kr.depthwise(3, stride=draw(strides)), kr.conv(40, 1)]
    return kr.Residual(branch, kr.shortcuts.zero_pad(where), activation="relu")


@st.composite
def blocks(draw):
    make = getattr(kr.blocks, draw(st.sampled_from(BLOCKS)))
    part = make(
        draw(filters),
        stride=draw(strides),
        shortcut=draw(st.sampled_from(SHORTCUTS)),
        norm=draw(st.sampled_from(NORMS)),
        tail=draw(st.sampled_from((None, kr.drop_path(0.5), kr.scale(0.1)))),
    )
    return kr.nest(part) if draw(st.booleans()) else part


@st.composite
def towers(draw):
    parts = [kr.conv(draw(filters), size) for size in (1, 3)]
    return kr.parallel(parts, merge="concatenate")


@st.composite
def chains(draw) -> tuple[list, tuple[int, ...], bool]:
    """Returns parts, the shape of a batch, and whether the sizes are known before."""
    steps = st.one_of(equations(), blocks(), towers(), st.just(kr.act("relu")))
    parts = draw(st.lists(steps, min_size=1, max_size=3))
    parts += draw(st.lists(padded(), max_size=1))
    sizes = draw(st.lists(st.integers(3, 8), min_size=1, max_size=3))
    return parts, (2, *sizes, draw(filters)), draw(st.booleans())


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(chains())
def test_chain_has_the_shape_it_says_and_survives_a_file(chain):
    parts, shape, known = chain
    inputs = keras.Input(
        shape[1:] if known else (*[None] * len(shape[1:-1]), shape[-1])
    )
    outputs = inputs
    for part in parts:
        outputs = part(outputs)
    model = keras.Model(inputs, outputs)
    x = np.random.default_rng(1).normal(size=shape).astype("float32")
    y = run(model, x)
    pairs = zip(model.output_shape, y.shape, strict=True)
    assert all(static in (None, real) for static, real in pairs)
    assert None not in model.output_shape[1:] or not known
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.keras")
        model.save(file)
        again = keras.models.load_model(file, safe_mode=True)
    np.testing.assert_array_equal(run(again, x), y)


def run(model: keras.Model, x: np.ndarray) -> np.ndarray:
    y = model.predict_on_batch(x) if BACKEND == "jax" else model(x, training=False)
    return keras.ops.convert_to_numpy(y)
