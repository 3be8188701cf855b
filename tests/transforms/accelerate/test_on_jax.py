"""On JAX, convolutions become matrix products where XLA is slow, and nothing else."""

import keras
import pytest

import keras_residual as kr

from .models import JAX, alike_in_training, twin

pytestmark = pytest.mark.skipif(not JAX, reason="other backends have their own kernels")


def network(side, filters, **options):
    """One convolution, with a bias and an activation."""
    inputs = keras.Input((side, side, filters))
    layer = keras.layers.Conv2D(filters, activation="relu", **options)
    return keras.Model(inputs, layer(inputs))


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2, (1, 2)])
@pytest.mark.parametrize(("size", "side"), [(1, 5), (3, 6), ((3, 2), 5)])
def test_a_product_is_the_convolution(size, side, strides, padding):
    model = network(side, 128, kernel_size=size, strides=strides, padding=padding)
    plain = twin(model)
    assert len(kr.accelerate(model).changes) == 1
    alike_in_training(model, plain)


@pytest.mark.parametrize(
    ("side", "filters"), [(6, 64), (9, 128)], ids=["narrow", "large"]
)
def test_what_does_not_pay_is_left(side, filters):
    model = network(side, filters, kernel_size=3, padding="same")
    assert kr.accelerate(model).changes == ()
    assert "call" not in vars(model.layers[-1])


def test_norms_are_left_and_the_reason_is_told():
    model = kr.models.build("resnet8")
    done = kr.accelerate(model)
    assert done.model is model
    assert len(done.left) == 7
    assert "XLA fuses it already" in str(done)


def test_unknown_sizes_can_be_traced_for_export():
    import jax
    from jax import export

    inputs = keras.Input((None, None, 4))
    x = keras.layers.Conv2D(4, 1, 2, padding="same")(inputs)
    model = keras.Model(inputs, x)
    assert kr.accelerate(model).changes
    shape = export.symbolic_shape("b, h, w, 4")
    given = jax.ShapeDtypeStruct(shape, "float32")
    export.export(jax.jit(lambda x: model(x, training=False)))(given)
