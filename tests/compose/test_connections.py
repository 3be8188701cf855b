"""Connections: the contract, where each starts, and what would be lost on the way."""

import keras
import numpy as np
import pytest

import keras_residual as kr
from keras_residual.common.errors import KindError, ResidualError

DEPTH = 3


def branch(width: int = 4):
    return [kr.norm("layer"), kr.dense(width, activation="tanh")]


def network(via=None, shape=(5, 4), depth=DEPTH, make=branch) -> keras.Model:
    """Builds a network of a connection; equal seeds give branches equal weights."""
    keras.utils.set_random_seed(5)
    x = keras.Input(shape)
    return keras.Model(x, kr.connect(x, [make()] * depth, via=via, name="c"))


def answer(model: keras.Model) -> np.ndarray:
    shape = (2, *model.input_shape[1:])
    x = np.random.default_rng(2).normal(size=shape).astype("float32")
    return keras.ops.convert_to_numpy(model(x, training=False))


def with_branches_of(model: keras.Model, other: keras.Model) -> keras.Model:
    for layer in model.layers:
        if "_branch" in layer.name:
            layer.set_weights(other.get_layer(layer.name).get_weights())
    return model


def test_plain_is_a_chain_of_residuals():
    model = network(kr.connections.plain())
    x = y = keras.Input((5, 4))
    for _ in range(DEPTH):
        y = kr.Residual(branch())(y)
    chain = keras.Model(x, y)
    chain.set_weights(model.get_weights())
    np.testing.assert_array_equal(answer(model), answer(chain))
    assert [type(a) for a in model.layers] == [type(a) for a in chain.layers]


def test_nothing_named_is_plain():
    np.testing.assert_array_equal(
        answer(network()), answer(network(kr.connections.plain()))
    )


START = [
    (kr.connections.hyper(streams=3), 3),
    (kr.connections.hyper(streams=3, dynamic=False), 3),
    (kr.connections.fractional(2), 1),
    (kr.connections.fractional(2, dynamic=False), 1),
    (kr.connections.altup(3), 3),
    (kr.connections.denseformer(), 1),
    (kr.connections.mudd(), 1),
    (kr.connections.laurel(), 1),
    (kr.connections.laurel(rank=2, previous=2), 1),
    (kr.connections.x0(), 1),
]


@pytest.mark.parametrize(("via", "times"), START, ids=str)
def test_it_starts_as_the_chain_of_sums(via, times):
    """A norm follows, so what is three times the chain is the same network."""
    plain = network()
    found = answer(with_branches_of(network(via), plain))
    np.testing.assert_allclose(found, times * answer(plain), rtol=2e-5, atol=1e-5)


def test_four_ways_start_as_what_the_last_block_made():
    """And end in one, of four times the hidden numbers."""
    x = keras.Input((5, 4))
    layer = [[kr.norm("rms"), kr.parts.attention(2)], kr.dense(4)]
    via = kr.connections.mudd(each=2, ways="all")
    model = keras.Model(x, kr.connect(x, layer * 2, via=via, name="c"))
    first, last = (model.get_layer(f"c_depth{k}") for k in (1, 2))
    points = np.random.default_rng(2).normal(size=(2, 3, 5, 4)).astype("float32")
    ways = first([*points])
    assert len(ways) == 4
    for way in ways:
        np.testing.assert_allclose(keras.ops.convert_to_numpy(way), points[1])
    assert [first.inner.shape, last.inner.shape] == [(4, 4 * 2), (4, 4 * 3)]
    assert model.output is last.output


@pytest.mark.parametrize("mixing", ["sinkhorn", "permutations", "identity"])
def test_mhc_starts_nearly_as_the_chain_of_sums(mixing):
    plain = network()
    via = kr.connections.mhc(streams=3, mixing=mixing)
    found, wanted = answer(with_branches_of(network(via), plain)), 3 * answer(plain)
    assert np.abs(found - wanted).max() <= 0.01 * np.abs(wanted).max()


@pytest.mark.parametrize(
    ("mixing", "stays"), [("sinkhorn", 0.948), ("permutations", 0.994)]
)
def test_four_lanes_start_nearly_unmixed(mixing, stays):
    """There are 23 permutations beside the identity, and their weights add up."""
    read = network(kr.connections.mhc(mixing=mixing), depth=1).get_layer("c_read1")
    rest = keras.ops.convert_to_numpy(read(np.ones((1, 1, 4, 4), "float32"))[1])
    diagonal = rest[0, 0, 4:].reshape(4, 4).diagonal()
    np.testing.assert_allclose(diagonal, stays, atol=3e-3)


@pytest.mark.parametrize("mixing", ["sinkhorn", "permutations"])
def test_a_product_of_mixings_amplifies_nothing(mixing):
    """Equal lanes that no branch writes into come through as they were."""
    zero = kr.dense(4, kernel_initializer="zeros")
    via = kr.connections.mhc(streams=3, mixing=mixing, away=-1.0)
    model = network(via, depth=6, make=lambda: zero)
    x = np.random.default_rng(2).normal(size=(2, 5, 4)).astype("float32")
    np.testing.assert_allclose(answer(model), 3 * x, rtol=1e-4)


def test_a_branch_reads_the_lane_of_its_number():
    """And not one drawn at random, which no second run would repeat."""
    model = network(kr.connections.hyper(streams=2))
    read = [
        keras.ops.convert_to_numpy(layer.read).tolist()
        for layer in model.layers
        if "_read" in layer.name
    ]
    assert read == [[1, 0], [0, 1], [1, 0]]


LANES = [
    *(via for via, _ in START[:4]),
    *(kr.connections.mhc(2, mixing=m) for m in ("sinkhorn", "permutations")),
    kr.connections.gated(2, rank=2),
]
VIAS = [
    kr.connections.plain(),
    kr.connections.dense(),
    *LANES,
    *(via for via, _ in START[4:]),
    kr.connections.attention(),
    kr.connections.attention(block=2),
    kr.connections.delta(),
    kr.connections.momentum(),
]


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("via", VIAS, ids=str)
def test_masks_pass_and_a_branch_sees_no_lanes(via):
    """Two axes beside the channels would be steps and lanes to a norm or a mask."""
    seen = []

    def looks(x):
        seen.append(tuple(x.shape))
        return keras.layers.Conv1D(4, 1)(keras.layers.BatchNormalization()(x))

    x = keras.Input((5, 4))
    entry = keras.layers.Masking()(x)
    y = kr.connect(entry, [looks, looks], via=via)
    assert {len(shape) for shape in seen} == {3}
    values = np.ones((1, 5, 4), "float32")
    values[:, 3:] = 0
    # The last layer of a sequence says whether the mask came through.
    last = keras.layers.GlobalAveragePooling1D()(y)
    found = keras.ops.convert_to_numpy(keras.Model(x, last)(values))
    whole = keras.ops.convert_to_numpy(keras.Model(x, y)(values))
    np.testing.assert_allclose(found, whole[:, :3].mean(1), rtol=1e-5)


def test_what_changes_the_shape_is_refused():
    for via in (None, kr.connections.hyper(), kr.connections.fractional()):
        with pytest.raises(ResidualError, match="branch 2 changes the shape"):
            kr.connect(keras.Input((5, 4)), [kr.dense(4), kr.dense(3)], via=via)
    x, strided = keras.Input((None, 4)), [kr.conv(4, stride=2)]
    with pytest.raises(ResidualError, match="changes the shape"):
        kr.connect(x, strided, via=kr.connections.hyper())
    with pytest.raises(ResidualError, match="do not meet"):
        kr.connect(x, strided, via=kr.connections.dense())


def test_what_is_no_connection_is_refused():
    x = keras.Input((5, 4))
    with pytest.raises(KindError, match="'hyper' is no connection"):
        kr.connect(x, [kr.dense(4)], via="hyper")
    with pytest.raises(ResidualError, match="at least one"):
        kr.connect(x, [])
    with pytest.raises(ResidualError, match="not cut into 3 equal fractions"):
        kr.connect(x, [kr.dense(4)], via=kr.connections.fractional(3))
    with pytest.raises(ResidualError, match="permutations of 7 lanes are too many"):
        kr.connections.mhc(7, mixing="permutations")
    with pytest.raises(ResidualError, match="channels have no halves"):
        kr.connect(keras.Input((5,)), [kr.dense(2)], via=kr.connections.reversible())
    with pytest.raises(ResidualError, match="between 0 and 2"):
        kr.connections.delta(start=0.0)
    with pytest.raises(ResidualError, match="less than 1"):
        kr.connections.momentum(1.0)


def test_connections_print_and_compare():
    via = kr.connections.hyper(streams=2, dynamic=False)
    assert repr(via) == "hyper(streams=2, dynamic=False)"
    assert via == eval(repr(via), vars(kr.connections))  # noqa: S307  our own text
    assert via != kr.connections.hyper(streams=2)
    assert len({via, kr.connections.hyper(2, dynamic=False)}) == 1
    with pytest.raises(AttributeError):
        via.streams = 3


def test_coefficients_stay_exact_in_mixed_precision():
    keras.config.set_dtype_policy("mixed_float16")
    for via in VIAS:
        for layer in network(via).layers:
            if "_branch" not in layer.name:
                assert {w.dtype for w in layer.weights} <= {"float32"}


def test_attention_starts_as_a_mean_and_its_queries_are_zero():
    """Of the embedding, as a source of its own, and of what each branch made."""
    model = network(kr.connections.attention())
    x = np.random.default_rng(2).normal(size=(2, 5, 4)).astype("float32")
    made = [model.get_layer(f"c_branch{k}_dense1").output for k in (1, 2, 3)]
    seen = keras.Model(model.input, made)(x)
    mean = np.mean([x, *map(keras.ops.convert_to_numpy, seen)], axis=0)
    np.testing.assert_allclose(answer(model), mean, rtol=1e-4, atol=1e-5)
    queries = [w for w in model.weights if w.name == "query"]
    assert len(queries) == DEPTH  # one a reading, the last reading included
    assert not any(keras.ops.convert_to_numpy(w).any() for w in queries)


def test_a_mean_over_depth_starts_anew_as_it_is_made():
    """Whoever makes a model again from its config has the one-hot weights again."""
    model = network(kr.connections.denseformer())
    again = keras.models.clone_model(model)
    for layer in again.layers:
        if "_depth" in layer.name:
            *before, newest = keras.ops.convert_to_numpy(layer.weight)
            assert newest == 1
            assert not np.any(before)


def test_a_coupling_is_computed_back():
    model = network(kr.connections.reversible(), make=lambda: branch(2), depth=2)
    y1, y2 = np.split(answer(model), 2, -1)
    f, g = (
        keras.Model(
            model.get_layer(f"c_branch{k}_norm1").input,
            model.get_layer(f"c_branch{k}_dense1").output,
        )
        for k in (1, 2)
    )
    x2 = y2 - keras.ops.convert_to_numpy(g(y1))
    x1 = y1 - keras.ops.convert_to_numpy(f(x2))
    x = np.random.default_rng(2).normal(size=(2, 5, 4)).astype("float32")
    np.testing.assert_allclose(np.concatenate([x1, x2], -1), x, atol=1e-5)


def test_laurel_keeps_its_weights_bounded():
    model = network(kr.connections.laurel(), depth=1)
    layer = model.get_layer("c_write1")
    layer.balance.assign([60.0, -60.0])
    assert np.abs(answer(model)).max() <= 2.001  # twice a hyperbolic tangent


def test_delta_reflects_erases_and_passes():
    x = np.float32([[3.0, 4.0]])
    towards = kr.dense(2, kernel_initializer="zeros", bias_initializer="ones")
    inputs = keras.Input((2,))
    model = keras.Model(inputs, kr.connect(inputs, [towards], kr.connections.delta()))
    layer = model.layers[-1]
    layer.value.assign(np.zeros((2, 1)))
    for gate, wanted in [(-40.0, [3, 4]), (0.0, [-0.5, 0.5]), (40.0, [-4, -3])]:
        layer.gate_bias.assign([gate])
        y = keras.ops.convert_to_numpy(model(x))
        np.testing.assert_allclose(y, [wanted], atol=1e-5)


def test_each_branch_of_a_remembering_stream_is_one_unit():
    for via in (kr.connections.attention(), kr.connections.attention(block=2)):
        units = kr.find_residuals(network(via, depth=4))
        ends = [unit.branches[0][-1].path for unit in units]
        assert ends == [f"c_branch{k}_dense1" for k in (1, 2, 3, 4)]
    for via in (kr.connections.denseformer(), kr.connections.mudd()):
        units = kr.find_residuals(network(via))
        assert [(u.form, u.kind) for u in units] == [("add", "identity")] * DEPTH


def test_each_branch_is_one_unit():
    for via, _ in START[:5]:
        model = network(via)
        units = kr.find_residuals(model)
        assert [(u.form, u.kind) for u in units] == [("streams", "mixed")] * DEPTH
        inside = [[op.path for op in unit.branches[0]] for unit in units]
        for number, paths in enumerate(inside, 1):
            assert f"c_branch{number}_dense1" in paths
            assert not any(f"_branch{number + 1}" in path for path in paths)
