"""On PyTorch, large kernels on few pixels are multiplied, in every kind of gradient."""

import keras
import numpy as np
import pytest

import keras_residual as kr

from .models import TORCH, alike, alike_in_training, twin

pytestmark = pytest.mark.skipif(not TORCH, reason="oneDNN's products of PyTorch")


@pytest.fixture
def products():
    from keras_residual.transforms.accelerate import torch_products

    return torch_products


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("side", "channels", "size", "strides"),
    [
        ((4, 4), 256, 3, 2),
        ((3, 3), 256, 3, 1),
        ((3, 5), 256, (3, 2), (1, 2)),
        ((3, 2), 512, 1, 1),
        ((5, 4), 512, 1, (2, 3)),
    ],
)
def test_a_product_is_the_convolution(
    side, channels, size, strides, padding, products, monkeypatch
):
    made, multiply = [], products.convolve
    monkeypatch.setattr(
        products, "convolve", lambda *given: made.append(1) or multiply(*given)
    )
    inputs = keras.Input((*side, channels))
    layer = keras.layers.Conv2D(channels, size, strides, padding, activation="relu")
    model = keras.Model(inputs, layer(inputs))
    plain = twin(model)
    kr.accelerate(model)
    made.clear()
    alike_in_training(model, plain)
    assert made


def numbers(*shape):
    import torch

    rng = np.random.default_rng(sum(shape))
    found = torch.from_numpy(rng.standard_normal(shape, dtype="float32"))
    return found.permute(0, 3, 1, 2)  # channels last in memory


@pytest.fixture
def both(products):
    """Returns a convolution twice, ours and PyTorch's, and what both read."""
    import torch

    x, kernel = numbers(2, 4, 4, 256), numbers(256, 3, 3, 256) / 48
    assert products.pays(x, kernel, (2, 2), (1, 1))
    return (
        lambda x, k: products.convolve(x, k, None, (2, 2), (1, 1)),
        lambda x, k: torch.conv2d(x, k, None, 2, 1),
        (x, kernel),
    )


def test_gradients_of_gradients(both):
    import torch

    *functions, given = both
    found = []
    for function in functions:
        x, kernel = (one.detach().requires_grad_() for one in given)
        loss = (function(x, kernel) ** 3).sum()
        slopes = torch.autograd.grad(loss, (x, kernel), create_graph=True)
        norm = sum((slope**2).sum() for slope in slopes)
        found.append(torch.autograd.grad(norm, (x, kernel)))
    for ours, theirs in zip(*found, strict=True):
        alike(ours.numpy(), theirs.numpy(), 1e-4)


def test_what_needs_no_gradient_costs_none(both):
    ours, theirs, given = both
    for frozen in (0, 1):
        found = []
        for function in (ours, theirs):
            values = [one.detach().requires_grad_() for one in given]
            values[frozen].requires_grad_(False)
            function(*values).sum().backward()
            assert values[frozen].grad is None
            found.append(values[1 - frozen].grad.numpy())
        alike(*found, 1e-4)


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.filterwarnings("ignore:`torch.jit.script:DeprecationWarning")
def test_transforms_of_functions(both):
    import torch

    ours, theirs, (x, kernel) = both
    direction = torch.ones_like(x), torch.ones_like(kernel)
    for transform in (
        lambda f: torch.func.jvp(f, (x, kernel), direction)[1],
        lambda f: torch.func.vmap(f, (0, None))(torch.stack([x, 2 * x]), kernel),
        lambda f: torch.func.grad(lambda k: f(x, k).sum())(kernel),
    ):
        alike(transform(ours).numpy(), transform(theirs).numpy(), 1e-4)


def test_what_does_not_pay_is_convolved(products):
    import torch

    x, kernel = numbers(2, 4, 4, 256), numbers(256, 3, 3, 256)

    def pays(x, kernel):
        return products.pays(x, kernel, (2, 2), (1, 1))

    assert pays(x, kernel)
    assert not pays(x, kernel[:32])
    assert not pays(numbers(99, 4, 4, 256), kernel)
    assert not pays(x.contiguous(), kernel)
    assert not pays(x, kernel.contiguous())
    assert not pays(x.double(), kernel.double())
    with torch.autocast("cpu"):
        assert not pays(x, kernel)
