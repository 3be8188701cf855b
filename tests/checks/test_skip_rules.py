"""The rules on where skips start and end see what they forbid, and nothing near it."""

import keras
import pytest
from checks.small import PICTURE, STEPS, added, conv, paths
from keras import layers

import keras_residual as kr


class TestSkipMissing:
    @staticmethod
    def net(without, *, block=None, head=None):
        def plain(x):
            y = layers.BatchNormalization()(conv(use_bias=False)(x))
            y = layers.ReLU()(y)
            return conv(use_bias=False)(y)

        inputs = x = keras.Input(PICTURE)
        x = conv(name="stem")(x)
        for k in range(4):
            y = (block or plain)(x)
            x = y if k in without else added(x, y, f"add{k}")
            x = layers.ReLU(name=f"relu{k}")(x)
        return (head(x) if head else x), inputs

    @pytest.mark.parametrize("k", range(4))
    def test_one_without_a_sum(self, k):
        assert len(paths("KR104", *self.net({k}))) == 1

    def test_all_with_and_all_without_are_quiet(self):
        assert paths("KR104", *self.net(())) == []
        assert paths("KR104", *self.net(range(4))) == []

    def test_one_layer_is_too_little_to_tell(self):
        assert paths("KR104", *self.net({1}, block=conv())) == []

    def test_a_head_of_other_layers_is_quiet(self):
        def head(x):
            return layers.Conv2D(4, 1)(layers.ReLU()(conv()(x)))

        assert paths("KR104", *self.net((), head=head)) == []

    def test_other_sizes_are_other_blocks(self):
        inputs = x = keras.Input((8,))
        for k, width in enumerate((16, 16, 24, 16)):
            y = layers.Dense(8)(layers.Dense(width)(x))
            x = y if k == 2 else added(x, y, f"add{k}")
        assert paths("KR104", x, inputs) == []

    def test_a_block_of_twice_the_layers_is_another_block(self):
        inputs = x = keras.Input((8,))
        for k in range(4):
            y = layers.Dense(8)(layers.Dense(16)(x))
            y = layers.Dense(8)(layers.Dense(16)(y)) if k % 2 else y
            x = added(x, y, f"add{k}")
        assert paths("KR104", x, inputs) == []

    def test_squeezed_branches(self):
        def block(x):
            y = conv()(x)
            return y * layers.Dense(4)(layers.GlobalAveragePooling2D(keepdims=True)(y))

        assert len(paths("KR104", *self.net({2}, block=block))) == 1
        assert paths("KR104", *self.net((), block=block)) == []

    def test_nested_blocks(self):
        def block(skip, name):
            x = keras.Input((8,))
            y = layers.Dense(8)(layers.Dense(16)(x))
            return keras.Model(x, added(x, y) if skip else y, name=name)

        inputs = x = keras.Input((8,))
        for k in range(3):
            x = block(k != 1, f"block{k}")(x)
        assert paths("KR104", x, inputs)[0].startswith("block1/")


class TestInputAddedTwice:
    @pytest.mark.parametrize(
        "sum_of",
        [
            lambda x, y: layers.Add()([y, y]),
            lambda x, y: y + y,
            lambda x, y: x + (x + y),
            lambda x, y: layers.Add()([x, y, x]),
        ],
    )
    def test_flagged(self, sum_of):
        x = keras.Input(PICTURE)
        assert len(paths("KR105", sum_of(x, conv()(x)), x)) == 1

    def test_without_a_branch(self):
        x = keras.Input(PICTURE)
        assert paths("KR105", added(x, x), x) == ["add"]

    def test_two_branches_are_quiet(self):
        x = keras.Input(PICTURE)
        assert paths("KR105", x + conv()(x) + conv()(x), x) == []

    def test_a_long_skip_is_quiet(self):
        x = keras.Input(PICTURE)
        y = added(x, conv()(x), "first")
        assert paths("KR105", added(x, conv()(y)), x) == []
        y = added(y, conv()(y), "second")
        assert paths("KR105", added(x, y), x) == []

    def test_the_inner_sum_may_be_read_elsewhere(self):
        x = keras.Input(PICTURE)
        y = added(x, conv()(x), "inner")
        assert paths("KR105", [added(x, y, "outer"), conv()(y)], x) == ["outer"]


def transformer(*, skip, last=True, norm=layers.LayerNormalization):
    """Two sub-layers a block; `skip` says from where each shortcut starts."""
    inputs = keras.Input(STEPS)
    x = layers.Dense(4)(inputs)
    for k in range(4):
        n = norm(name=f"norm{k}")(x)
        x = added(n if skip(k) else x, layers.Dense(4)(n), f"add{k}")
    return (norm()(x) if last else x), inputs


def post_norm(last=True):
    inputs = x = keras.Input(STEPS)
    x = layers.LayerNormalization()(layers.Dense(4)(x))
    for k in range(4):
        x = added(x, layers.Dense(4)(x), f"add{k}")
        x = layers.LayerNormalization()(x) if last or k < 3 else x
    return layers.Dense(2)(x), inputs


class TestSkipFromNormalised:
    def test_one_of_two(self):
        assert paths("KR106", *transformer(skip=lambda k: k % 2, last=False)) == [
            *("add1", "add3")
        ]

    def test_before_the_final_norm_it_may_be_post_norm(self):
        assert paths("KR106", *transformer(skip=lambda k: k % 2)) == ["add1"]

    @pytest.mark.parametrize("last", [True, False])
    def test_pre_norm_is_quiet(self, last):
        assert paths("KR106", *transformer(skip=lambda k: False, last=last)) == []

    def test_post_norm_is_quiet(self):
        assert paths("KR106", *post_norm()) == []

    def test_post_norm_read_through_a_pool_is_quiet(self):
        inputs = x = keras.Input(STEPS)
        for k in range(2):
            x = layers.LayerNormalization()(x) if k else x
            x = added(x, layers.Dense(4)(x), f"add{k}")
        x = layers.LayerNormalization()(layers.GlobalAveragePooling1D()(x))
        assert paths("KR106", x, inputs) == []

    def test_all_of_them_look_like_post_norm_without_its_last(self):
        assert paths("KR106", *transformer(skip=lambda k: True, last=False)) == ["add3"]
        assert paths("KR106", *post_norm(last=False)) == ["add3"]

    def test_conformers_norm_each_block_and_each_branch(self):
        inputs = x = keras.Input(STEPS)
        for k in range(3):
            for _ in range(2):
                n = layers.LayerNormalization()(x)
                x = x + layers.Dense(4)(n)
            x = layers.LayerNormalization(name=f"last{k}")(x)
        assert paths("KR106", x, inputs) == []

    def test_linear_bottlenecks_and_stems_are_quiet(self):
        inputs = x = keras.Input(PICTURE)
        for norm in (layers.BatchNormalization, layers.LayerNormalization):
            x = norm()(conv()(x))
            y = layers.ReLU()(norm()(conv()(x)))
            x = x + norm()(conv()(y))
        assert paths("KR106", x, inputs) == []


class TestFinalNormMissing:
    def test_where_it_is_missing(self):
        assert paths("KR107", *transformer(skip=lambda k: False)) == []
        found = paths("KR107", *transformer(skip=lambda k: False, last=False))
        assert found == ["add3"]

    @pytest.mark.parametrize(
        ("head", "missing"),
        [
            (lambda x: layers.Dense(2)(layers.GlobalAveragePooling1D()(x)), True),
            (lambda x: layers.Dense(2)(x[:, 0]), True),
            (lambda x: layers.Dense(2)(layers.ReLU()(x)), True),
            (lambda x: layers.RMSNormalization()(x[:, 0]), False),
            (
                lambda x: layers.LayerNormalization()(
                    layers.GlobalAveragePooling1D()(x)
                ),
                False,
            ),
        ],
    )
    def test_between_the_sum_and_the_head(self, head, missing):
        y, x = transformer(skip=lambda k: False, last=False)
        assert bool(paths("KR107", head(y), x)) == missing

    def test_post_norm_and_single_units_are_quiet(self):
        assert paths("KR107", *post_norm()) == []
        x = keras.Input(STEPS)
        y = added(x, layers.Dense(4)(layers.LayerNormalization()(x)))
        assert paths("KR107", layers.Dense(2)(y), x) == []

    def test_a_layer_of_unknown_kind_may_be_a_norm(self):
        class Affine(layers.Layer):
            def build(self, shape):
                self.factor = self.add_weight(shape=shape[-1:])

            def call(self, x):
                return x * self.factor

            def compute_output_shape(self, shape):
                return shape

        y, x = transformer(skip=lambda k: False, last=False)
        assert paths("KR107", layers.Dense(2)(Affine()(y)), x) == []

    def test_preactivation(self):
        x = keras.Input(PICTURE)
        y = x
        for _ in range(3):
            y = kr.blocks.preactivation_bottleneck(4)(y)
        pooled = layers.GlobalAveragePooling2D()
        assert len(paths("KR107", layers.Dense(2)(pooled(y)), x)) == 1
        y = layers.ReLU()(layers.BatchNormalization()(y))
        assert paths("KR107", layers.Dense(2)(pooled(y)), x) == []
