"""The rules on shapes see what they forbid, and nothing near it."""

import keras
import pytest
from checks.small import PICTURE, STEPS, added, conv, found, paths
from keras import layers, ops

from keras_residual.checks.probing import PROBES, shapes_at
from keras_residual.graph.graph import Graph


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

    def test_wrapped_layers_are_asked_one_by_one(self):
        same, valid = conv(4, 3), conv(4, 3, padding="valid")
        x = keras.Input((None, None, 4))
        first = added(x, layers.SpectralNormalization(same)(x), "first")
        second = layers.SpectralNormalization(valid)(first)
        assert paths("KR202", added(first, second, "second"), x) == ["second"]

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
