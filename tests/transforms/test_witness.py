"""The proof sees what the outputs hide, and says what it has not seen."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_residual as kr
from keras_residual.transforms import prove
from keras_residual.transforms.draft import Draft
from keras_residual.transforms.original import Original
from keras_residual.transforms.rebuild import rebuild
from keras_residual.transforms.trials import trials_for


def again(model, layer=None, change=None):
    """Rebuilds a model, and changes the weights of one layer."""
    new = rebuild(Draft(model))
    if layer is not None:
        found = new.get_layer(layer)
        found.set_weights(change(found.get_weights()))
    return new


def five_percent(weights):
    return [1.05 * weights[0], *weights[1:]]


def steep(ending):
    """A network whose last activation is at its bounds on anything of usual size."""
    x = keras.Input((6, 4))
    y = layers.Conv1D(8, 3, name="kernel")(x)
    y = layers.GlobalAveragePooling1D()(y)
    wide = keras.initializers.RandomNormal(0, 3000.0, seed=1)
    return keras.Model(x, ending(y, wide))


def nested(y, wide):
    head = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(3, kernel_initializer=wide),
            layers.Activation("sigmoid"),
        ]
    )
    return layers.Flatten()(head(y))


@pytest.mark.parametrize(
    "ending",
    [
        lambda y, wide: layers.Softmax()(layers.Dense(3, kernel_initializer=wide)(y)),
        lambda y, wide: layers.Dense(3, "tanh", kernel_initializer=wide)(y),
        lambda y, wide: keras.ops.hard_sigmoid(
            layers.Dense(3, kernel_initializer=wide)(y)
        ),
        lambda y, wide: 5 * keras.ops.tanh(1e6 * y) + 2,
        lambda y, wide: keras.ops.clip(1e9 * y, 0, 255),
        lambda y, wide: layers.Lambda(keras.ops.sigmoid)(1e6 * y),
        lambda y, wide: keras.ops.argmax(y, axis=-1),
        lambda y, wide: keras.ops.cast(y > 0, "float32"),
        nested,
    ],
)
def test_a_last_activation_is_looked_behind(ending):
    model = steep(ending)
    assert prove(model, again(model)).weak == ()
    with pytest.raises(ValueError, match="computes something else"):
        prove(model, again(model, "kernel", five_percent))


def per_step(units, **options):
    return layers.TimeDistributed(layers.Dense(units, "tanh", **options))


@pytest.mark.parametrize("loop", [layers.LSTM, per_step])
def test_a_loop_that_saturates_makes_a_proof_weak(loop):
    """What is inside of a loop is not seen: that it returns few numbers is said."""
    x = keras.Input((4, 3))
    wide = keras.initializers.RandomNormal(0, 1e8, seed=1)
    for kernel, said in (("glorot_uniform", False), (wide, True)):
        y = layers.Dense(2, name="out")(loop(2, kernel_initializer=kernel)(x))
        weak = prove(model := keras.Model(x, y), model).weak
        assert [" were one of " in one for one in weak] == [True] * said


def test_every_channel_has_its_own_scale():
    x = keras.Input((4,))
    model = keras.Model(x, layers.Dense(3, name="out")(x))
    kernel, bias = model.get_layer("out").get_weights()
    model.get_layer("out").set_weights([kernel * [1e6, 1, 1e-2], bias])

    def last(weights):
        return [weights[0] * [1, 1, 1.02], weights[1]]

    assert prove(model, again(model)).largest == 0
    with pytest.raises(ValueError, match='"out"'):
        prove(model, again(model, "out", last))


def test_a_channel_of_rounding_alone_is_no_difference():
    """The channel is a difference of large numbers: what is left of it is noise."""
    x = keras.Input((4,))
    a, b, c = (layers.Dense(1, name=name) for name in "abc")
    old = keras.Model(x, layers.Concatenate()([a(x) - b(x), c(x)]))
    for layer in (a, b):
        layer.set_weights([np.full((4, 1), 1e3), np.full(1, 7e3)])
    noisy = again(old, "a", lambda weights: [weights[0], weights[1] * (1 + 1e-7)])
    assert prove(old, noisy).largest <= 1e-5
    with pytest.raises(ValueError, match="something else"):
        prove(old, again(old, "a", lambda weights: [weights[0], weights[1] * 1.02]))


def test_what_merges_return_is_compared():
    """Behind the merge a gate is shut, and no output tells."""
    x = keras.Input((4,))
    y = layers.Add(name="add")([x, layers.Dense(4, name="branch")(x)])
    y = layers.Dense(1, kernel_initializer="zeros")(y)
    old = keras.Model(x, y)
    new = again(old, "branch", five_percent)
    tried = Original(old)
    found = tried.compared(new, tolerance=1e-5, merges=["add"])
    assert {one.output for one in found if not one.holds} == {"value of add"}


def test_a_channel_that_cancels_out_once_hides_nothing():
    """Of the first sample nearly nothing is left in it, by chance."""
    x = keras.Input((4,))
    old = keras.Model(x, layers.Dense(2, name="out")(x))
    first = trials_for(old)[0].arrays[0][0].astype("float64")
    kernel = np.random.default_rng(0).normal(size=(4, 2))
    kernel[:, 1] -= 0.999 * first * (first @ kernel[:, 1]) / (first @ first)
    old.get_layer("out").set_weights([kernel, np.zeros(2)])
    with pytest.raises(ValueError, match="something else"):
        prove(old, again(old, "out", lambda weights: [1.0003 * weights[0], weights[1]]))


def masked(merge):
    tokens = keras.Input((6,), dtype="int32")
    x = layers.Embedding(9, 4, mask_zero=True)(tokens)
    return keras.Model(tokens, layers.Dense(1, name="out")(merge(x)))


def test_a_mask_that_reaches_the_loss_is_compared():
    plain, layer = masked(lambda x: x + x), masked(lambda x: layers.Add()([x, x]))
    layer.set_weights(plain.get_weights())
    with pytest.raises(ValueError, match='"mask of out"'):
        prove(plain, layer)


def test_a_rewrite_leaves_what_would_let_a_mask_on():
    x = keras.Input((6,), dtype="int32")
    e = layers.Embedding(9, 4, mask_zero=True)(x)
    model = keras.Model(x, layers.Dense(1)(e + layers.Dense(4)(e)))
    given = np.random.default_rng(0).integers(0, 9, (8, 6))
    wanted = np.zeros((8, 6, 1))
    mended, skips = kr.mend(model), kr.rewire.add_skips(model, length=1)
    assert [one.why for one in mended.left] == [
        "an Add layer would carry on the mask that + ends"
    ]
    losses = []
    for one in (model, mended.model, skips.model):
        one.compile("sgd", "mse")
        losses.append(one.evaluate(given, wanted, verbose=0))
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-6)


class Costly(layers.Layer):
    """Adds a loss."""

    def __init__(self, cost=1.0, **options):
        super().__init__(**options)
        self.cost = cost

    def call(self, x):
        self.add_loss(self.cost * keras.ops.sum(x))
        return x


def test_losses_are_compared():
    def model(cost, decay):
        x = keras.Input((4,))
        dense = layers.Dense(2, kernel_regularizer=keras.regularizers.L2(decay))
        return keras.Model(x, dense(Costly(cost)(x)))

    old = model(1.0, 0.1)
    for new, name in ((model(1.1, 0.1), "layers add"), (model(1.0, 0.2), "of weights")):
        new.set_weights(old.get_weights())
        with pytest.raises(ValueError, match=f"losses.*{name}"):
            prove(old, new)


def test_the_state_that_a_call_leaves_is_compared_and_not_moved():
    x = keras.Input(batch_shape=(2, 3, 4))
    lstm = layers.LSTM(4, stateful=True, return_sequences=True)
    model = keras.Model(x, layers.BatchNormalization()(layers.Dense(4)(lstm(x))))
    model(np.ones((2, 3, 4)))
    before = [np.array(keras.ops.convert_to_numpy(v)) for v in model.variables]
    done = kr.fuse(model)
    assert any(c.output.startswith("state ") for c in done.proof.comparisons)
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, keras.ops.convert_to_numpy(variable))
    copied = done.model.layers[1].states
    for old, new in zip(lstm.states, copied, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (old, new)))
    done.model.layers[1].reset_state()
    with pytest.raises(ValueError, match="something else"):
        prove(model, done.model)


@pytest.mark.parametrize(
    ("said", "output"),
    [
        (
            '100 % of the output "out" were 0 or 1',
            lambda x: keras.ops.round(keras.ops.sigmoid(x - 0.3)),
        ),
        ('the output "out" was the same for all inputs', lambda x: 0 * x + 3),
        ('67 % of the output "out" was not finite', lambda x: keras.ops.log(x - 1)),
    ],
)
def test_a_weak_proof_says_so(said, output):
    x = keras.Input((4,))
    model = keras.Model(x, layers.Identity(name="out")(output(x)))
    given = np.array([[0.5] * 4, [0.2] * 4, [9.0] * 4])
    proof = prove(model, model, inputs=given)
    assert proof.weak == (said,)
    assert "inputs=[array]" in str(proof)
