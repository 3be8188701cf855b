"""The rules on shapes see what they forbid, and nothing near it."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_residual as kr
from keras_residual.read.checks import check
from keras_residual.read.checks.masks import masked
from keras_residual.read.checks.positions import grids
from keras_residual.read.checks.probing import PROBES, shapes_at
from keras_residual.read.graph import Graph

PICTURE, STEPS = (8, 8, 4), (6, 4)


def found(code, outputs, inputs):
    return check(keras.Model(inputs, outputs), select=[code])


def paths(code, outputs, inputs):
    return [finding.path for finding in found(code, outputs, inputs)]


def conv(filters=4, size=3, stride=1, **options):
    return layers.Conv2D(filters, size, stride, **({"padding": "same"} | options))


def added(*operands):
    return layers.Add(name="add")(list(operands))


class TestSilentBroadcast:
    @pytest.mark.parametrize(
        "branch",
        [
            conv(1),
            conv(4, 8, padding="valid"),
            lambda x: layers.Dense(4)(layers.GlobalAveragePooling2D()(x)),
            lambda x: layers.MaxPooling2D(8)(conv()(x)),
        ],
    )
    def test_flagged(self, branch):
        x = keras.Input(PICTURE)
        assert paths("KR201", added(x, branch(x)), x) == ["add"]

    def test_a_stretched_shortcut(self):
        x = keras.Input((8, 8, 1))
        (finding,) = found("KR201", added(x, conv(16)(x)), x)
        assert "the shortcut of shape (None, 8, 8, 1)" in finding.message

    def test_the_operator_aligns_otherwise_and_is_flagged_too(self):
        x = keras.Input(PICTURE)
        y = x + layers.Dense(4)(layers.GlobalAveragePooling2D()(conv()(x)))[:, None]
        assert len(found("KR201", y, x)) == 1

    @pytest.mark.parametrize("mean", [True, False])
    def test_global_context_is_quiet(self, mean):
        x = keras.Input(PICTURE)
        pooled = layers.GlobalAveragePooling2D(keepdims=True)(x)
        if not mean:
            pooled = ops.max(x, axis=(1, 2), keepdims=True)
        assert found("KR201", added(x, layers.Dense(4)(pooled)), x) == []

    def test_positions_are_no_stream(self):
        x = keras.Input(STEPS)
        table = ops.ones((1, *STEPS))
        assert found("KR201", layers.Dense(4)(x + table), x) == []
        other = keras.Input((1, 4))
        y = layers.Dense(4)(other)
        assert found("KR201", added(layers.Dense(4)(x), y), [x, other]) == []

    def test_values_and_advantages_are_no_stream(self):
        x = keras.Input((8,))
        value, advantage = layers.Dense(1)(x), layers.Dense(3)(x)
        centred = advantage - ops.mean(advantage, axis=-1, keepdims=True)
        for other in (advantage, centred):
            assert found("KR201", value + other, x) == []

    def test_rows_and_columns_are_no_stream(self):
        x = keras.Input(STEPS)
        scores = layers.Dense(1)(x) + ops.transpose(layers.Dense(1)(x), (0, 2, 1))
        assert found("KR201", scores, x) == []

    def test_channels_first(self):
        x = keras.Input((4, 8, 8))
        y = layers.ZeroPadding2D(1, data_format="channels_first")(x)
        narrow = layers.Conv2D(1, 3, data_format="channels_first")(y)
        assert paths("KR201", added(x, narrow), x) == ["add"]


def u_net(depth, shape=(None, None, 4), merge=layers.Add):
    inputs = x = keras.Input(shape)
    skips = []
    for _ in range(depth):
        skips.append(x)
        x = conv(4, 3, 2)(x)
    x = conv()(x)
    for k, skip in enumerate(reversed(skips)):
        x = layers.Conv2DTranspose(4, 2, 2)(x)
        x = merge(name=f"merge{k}")([skip, x])
        x = conv()(x)
    return x, inputs


class TestSizesMayDiffer:
    @pytest.mark.parametrize(
        "branch",
        [
            conv(padding="valid"),
            conv(4, 3, 2),
            layers.MaxPooling2D(2),
            lambda x: layers.ZeroPadding2D(1)(conv()(x)),
            lambda x: layers.Cropping2D(1)(conv()(x)),
            lambda x: conv()(x)[:, 1:],
            lambda x: layers.UpSampling2D(2)(conv()(x)),
        ],
    )
    def test_paths_that_never_meet(self, branch):
        x = keras.Input((None, None, 4))
        (finding,) = found("KR202", added(x, branch(x)), x)
        assert "at size 224" in finding.message
        assert "multiples" not in finding.help

    @pytest.mark.parametrize(
        "branch",
        [
            conv(),
            lambda x: layers.ZeroPadding2D(1)(conv(padding="valid")(x)),
            lambda x: layers.Resizing(8, 8)(conv()(x)),
            lambda x: layers.Dense(4)(layers.GlobalAveragePooling2D(keepdims=True)(x)),
        ],
    )
    def test_paths_that_meet(self, branch):
        x = keras.Input((None, None, 4))
        y = branch(x)
        carried = layers.Resizing(8, 8)(x) if y.shape[1] == 8 else x
        assert found("KR202", added(carried, y), x) == []

    @pytest.mark.parametrize(
        ("carry", "branch", "fits"),
        [
            (conv(4, 1, 2), conv(4, 3, 2), True),
            (conv(4, 1, 2, padding="valid"), conv(4, 3, 2), True),
            (layers.AveragePooling2D(2), conv(4, 3, 2), False),
            (layers.AveragePooling2D(2, padding="same"), conv(4, 3, 2), True),
            (conv(4, 1, 2), conv(4, 3, 2, padding="valid"), False),
            (lambda x: x[:, ::2, ::2], conv(4, 3, 2), True),
        ],
    )
    def test_strided_pairs(self, carry, branch, fits):
        """Each as Keras itself decides at an odd and an even size."""
        x = keras.Input((None, None, 4))
        assert (found("KR202", added(carry(x), branch(x)), x) == []) == fits
        sizes = [keras.Input((n, n, 4)) for n in (224, 225)]
        meets = [carry(x).shape == branch(x).shape for x in sizes]
        assert all(meets) == fits

    @pytest.mark.parametrize("merge", [layers.Add, layers.Concatenate])
    @pytest.mark.parametrize("depth", [1, 2, 3])
    def test_a_u_net_takes_multiples_of_a_power_of_two(self, depth, merge):
        findings = found("KR202", *u_net(depth, merge=merge))
        assert [f.path for f in findings][-1] == f"merge{depth - 1}"
        assert findings[0].help == f"pad the input to multiples of {2**depth}"

    def test_known_sizes_are_left_to_keras(self):
        assert found("KR202", *u_net(2, (8, 8, 4))) == []

    def test_sequences_and_nested_models(self):
        inner = keras.Input((None, 4))
        block = keras.Model(inner, layers.Conv1D(4, 3)(inner), name="block")
        x = keras.Input((None, 4))
        assert paths("KR202", added(x, block(x)), x) == ["add"]

    def test_shapes_are_those_of_keras(self):
        for size in (PROBES[0], PROBES[-1]):
            inputs = keras.Input((None, None, 4))
            y = layers.AveragePooling2D(3, 2)(conv(6, 5, 3, padding="valid")(inputs))
            y = layers.Conv2DTranspose(2, 3, 2)(y)[:, 1:-2]
            y = ops.pad(y, ((0, 0), (1, 2), (0, 0), (0, 0)))
            model = keras.Model(inputs, y)
            expected = model.compute_output_shape((None, size, size, 4))
            assert shapes_at(Graph(model), size)[-1] == tuple(expected)


def embedded():
    tokens = keras.Input((6,))
    return layers.Embedding(9, 4, mask_zero=True)(tokens), tokens


@pytest.mark.filterwarnings("ignore:.*does not support masking")
class TestDroppedMask:
    @pytest.mark.parametrize(
        "reader",
        [
            layers.GlobalAveragePooling1D(),
            layers.GRU(3),
            lambda y: layers.GlobalAveragePooling1D()(layers.Dense(3)(y)),
            layers.Identity(),
            lambda y: layers.MultiHeadAttention(1, 2)(y, y),
        ],
    )
    def test_flagged(self, reader):
        x, tokens = embedded()
        y = added(x, layers.Conv1D(4, 3, padding="same")(x))
        assert paths("KR203", reader(y), tokens) == ["add"]
        x, tokens = embedded()
        assert len(found("KR203", reader(x + layers.Dense(4)(x)), tokens)) == 1

    @pytest.mark.parametrize("reader", [layers.Flatten(), layers.Conv1D(2, 3)])
    def test_nobody_would_read_it(self, reader):
        x, tokens = embedded()
        y = added(x, layers.Conv1D(4, 3, padding="same")(x))
        assert found("KR203", layers.Dense(2)(reader(y)), tokens) == []

    def test_kept(self):
        x, tokens = embedded()
        y = added(x, layers.Dense(4)(layers.LayerNormalization()(x)))
        assert found("KR203", layers.GlobalAveragePooling1D()(y), tokens) == []

    def test_put_back(self):
        x, tokens = embedded()
        y = kr.Residual(kr.conv(4))(x)
        assert found("KR203", layers.GlobalAveragePooling1D()(y), tokens) == []

    def test_without_masks(self):
        x = keras.Input(STEPS)
        y = x + layers.Conv1D(4, 3, padding="same")(x)
        assert found("KR203", layers.GlobalAveragePooling1D()(y), x) == []

    def test_in_a_nested_model(self):
        inner = keras.Input(STEPS)
        y = layers.Conv1D(4, 3, padding="same")(inner)
        block = keras.Model(inner, layers.Add(name="sum")([inner, y]), name="block")
        x, tokens = embedded()
        y = layers.GlobalAveragePooling1D()(block(x))
        assert paths("KR203", y, tokens) == ["block/sum"]

    @pytest.mark.parametrize(
        "layer",
        [
            *(layers.Dense(4), layers.Conv1D(4, 3), layers.LayerNormalization()),
            *(layers.Dropout(0.1), layers.ReLU(), layers.Flatten()),
            *(layers.GRU(4, return_sequences=True), layers.GRU(4)),
            *(layers.GlobalAveragePooling1D(), layers.Permute((2, 1))),
            layers.TimeDistributed(layers.Dense(2)),
            layers.Bidirectional(layers.GRU(2, return_sequences=True)),
            lambda x: layers.MultiHeadAttention(1, 2)(x, x),
            lambda x: layers.Attention()([x, x]),
            lambda x: layers.Add()([x, layers.Dense(4)(x)]),
            lambda x: layers.Add()([x, layers.Flatten()(x)[:, None, :4]]),
            lambda x: layers.Concatenate()([x, ops.relu(x)]),
            lambda x: x + x,
        ],
    )
    def test_masks_go_where_keras_lets_them(self, layer):
        x, tokens = embedded()
        y = layer(x)
        has = getattr(y, "_keras_mask", None) is not None
        assert masked(Graph(keras.Model(tokens, y)))[-1] == has


def strided(carry, branch, size=8):
    x = keras.Input((size, size, 4))
    return added(carry(x), branch(x)), x


def first_centre(model, size):
    """Feeds the pixels' own positions and reads where the outputs lie between them."""
    ramp = np.arange(size, dtype="float32").reshape(1, size, 1)
    values = keras.ops.convert_to_numpy(model(ramp)).ravel()
    step = values[4] - values[3]  # away from what is padded
    return values[3] - 3 * step, step


def first_grid(model):
    graph = Graph(model)
    found = grids(graph, graph.ops[1:], graph.ops[0], shapes_at(graph, PROBES[0]))
    assert found is not None
    return found[0]


class TestMisalignedStride:
    SAME, POINT = conv(8, 3, 2), conv(8, 1, 2)

    def test_even_sizes_with_same_padding(self):
        (finding,) = found("KR204", *strided(self.POINT, self.SAME))
        assert "at pixel 0 of its input, the branch at pixel 1" in finding.message

    def test_open_sizes_are_taken_as_even(self):
        assert found("KR204", *strided(self.POINT, self.SAME, None))

    @pytest.mark.parametrize(
        ("carry", "branch", "size"),
        [
            (POINT, SAME, 9),
            (
                POINT,
                lambda x: conv(8, 3, 2, padding="valid")(layers.ZeroPadding2D()(x)),
                8,
            ),
            (layers.AveragePooling2D(2), conv(4, 3, 2), 8),  # half a pixel
            (layers.MaxPooling2D(2), lambda x: layers.MaxPooling2D(2)(conv()(x)), 8),
            (POINT, lambda x: conv(8, 3)(conv(8, 1, 2)(x)), 8),
            (conv(8, 5, 2), SAME, 8),
        ],
    )
    def test_quiet(self, carry, branch, size):
        assert found("KR204", *strided(carry, branch, size)) == []

    def test_gates_do_not_move_it(self):
        def branch(x):
            y = self.SAME(x)
            return y * layers.Dense(8)(layers.GlobalAveragePooling2D(keepdims=True)(y))

        assert found("KR204", *strided(self.POINT, branch))
        assert found("KR204", *strided(self.POINT, branch, 9)) == []

    @pytest.mark.parametrize("size", [32, 33])
    @pytest.mark.parametrize("padding", ["same", "valid"])
    @pytest.mark.parametrize(
        ("kernel", "stride", "dilation"),
        [
            (3, 2, 1),
            (5, 2, 1),
            (4, 2, 1),
            (1, 2, 1),
            (3, 3, 1),
            (3, 1, 2),
            (2, 2, 1),
        ],
    )
    def test_centres_are_where_a_mean_looks(
        self, size, padding, kernel, stride, dilation
    ):
        x = keras.Input((size, 1))
        mean = layers.Conv1D(
            1,
            kernel,
            stride,
            padding,
            dilation_rate=dilation,
            use_bias=False,
            kernel_initializer=keras.initializers.Constant(1 / kernel),
        )
        model = keras.Model(x, mean(x))
        expected = first_centre(model, size)
        assert first_grid(model) == pytest.approx(expected, abs=1e-4)

    def test_centres_of_a_chain(self):
        x = y = keras.Input((40, 1))
        for layer in (
            layers.ZeroPadding1D((3, 1)),
            layers.AveragePooling1D(3, 2, "same"),
            layers.AveragePooling1D(2),
        ):
            y = layer(y)
        model = keras.Model(x, y)
        assert first_grid(model) == pytest.approx(first_centre(model, 40), abs=1e-4)


class TestStridedPointwise:
    @pytest.mark.parametrize(
        ("shape", "kind", "share"),
        [((8, 4), layers.Conv1D, 2), (PICTURE, layers.Conv2D, 4)],
    )
    def test_it_counts_what_is_read(self, shape, kind, share):
        x = keras.Input(shape)
        y = added(kind(8, 1, 2, name="a")(x), kind(8, 3, 2, padding="same")(x))
        (finding,) = found("KR205", y, x)
        assert f'"a" reads one of {share} positions' in finding.message
        assert "no path" not in finding.message

    def test_both_paths(self):
        y, x = strided(conv(8, 1, 2), lambda x: conv(8)(conv(8, 1, 2)(x)))
        (finding,) = found("KR205", y, x)
        assert "no path reads the others" in finding.message

    @pytest.mark.parametrize(
        "carry",
        [
            lambda x: conv(8, 1)(layers.AveragePooling2D(2)(x)),
            lambda x: conv(8, 1, 2)(layers.AveragePooling2D(2, 1, "same")(x)),
            lambda x: conv(8, 1, 2)(conv()(x)),
            conv(8, 2, 2),
        ],
    )
    def test_quiet(self, carry):
        assert found("KR205", *strided(carry, conv(8, 3, 2))) == []

    def test_plain_networks_and_long_skips(self):
        x = keras.Input(PICTURE)
        assert found("KR205", conv(8, 1, 2)(x), x) == []
        y = layers.Add(name="short")([conv(4, 1, 2)(x), conv(4, 3, 2)(x)])
        y = layers.Conv2DTranspose(4, 2, 2)(y)
        assert paths("KR205", added(x, y), x) == ["short"]


class TestStridePlacement:
    @staticmethod
    def net(*first):
        inputs = x = keras.Input((16, 16, 4))
        for k in first:
            y = conv(2, 1, 2 if k == 0 else 1)(x)
            y = conv(8, 1)(conv(2, 3, 2 if k == 1 else 1)(y))
            x = layers.Add()([y, conv(8, 1, 2)(x)])
        return x, inputs

    def test_once_a_model(self):
        (finding,) = found("KR206", *self.net(0, 0))
        assert finding.message.startswith("2 bottlenecks")
        (finding,) = found("KR206", *self.net(0, 1, 1))
        assert "2 in their second" in finding.message

    def test_the_other_place_is_quiet(self):
        assert found("KR206", *self.net(1, 1)) == []
