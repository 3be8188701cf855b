"""The rules on strides see what they forbid, and nothing near it."""

import keras
import numpy as np
import pytest
from checks.small import PICTURE, added, conv, found, paths, strided
from keras import layers

from keras_residual.checks import check
from keras_residual.checks.probing import PROBES, grids, shapes_at
from keras_residual.graph.graph import Graph


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


class Pad(layers.Layer):
    """Named as one of Keras's, and not like it."""

    def call(self, x):
        return x[:, ::2, ::2]

    def compute_output_shape(self, shape):
        return (shape[0], -(-shape[1] // 2), -(-shape[2] // 2), shape[3])


class Conv(layers.Conv2D):
    def __init__(self, filters, **options):
        super().__init__(filters, 3, padding="same", **options)
        self.strides = [2, 2]  # a list, as some write it


@pytest.mark.parametrize(
    ("carry", "branch", "codes"),
    [
        (lambda x: Pad()(conv()(x)), conv(4, 3, 2), set()),
        (conv(4, 1, 2), Conv(4), {"KR204", "KR205"}),
        (conv(4, 1, 2), layers.SpectralNormalization(conv(4, 3, 2)), {"KR205"}),
        (layers.SpectralNormalization(conv(4, 1, 2)), conv(4, 3, 2), set()),
    ],
)
def test_foreign_and_wrapped_layers_are_met_with_care(carry, branch, codes):
    y, x = strided(carry, branch)
    assert {f.code for f in check(keras.Model(x, y), select=["KR1", "KR2"])} == codes


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
