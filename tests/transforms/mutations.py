"""What can be wrong in a model: weights and settings."""

import keras
import numpy as np
from keras import layers


# What may be wrong in a weight, of whose last axis each number is a channel's.
def _twice_over(value):
    return value * 1.02


def _one_channel(value):
    value = value.copy()
    value[..., 0] *= 1.05
    return value


def _one_number(value):
    value = value.copy()
    value[tuple(n // 2 for n in value.shape)] += 0.05 * np.abs(value).max()
    return value


def _swapped(value):
    order = [1, 0, *range(2, value.shape[-1])] if value.shape[-1] > 1 else [0]
    return value[..., order]


def _turned(value):
    same = value.ndim > 1 and value.shape[-1] == value.shape[-2]
    return np.swapaxes(value, -1, -2) if same else value[::-1]


WRONG = {
    "times 1.02": _twice_over,
    "one channel times 1.05": _one_channel,
    "one number": _one_number,
    "two channels swapped": _swapped,
    "turned": _turned,
    "dropped": np.zeros_like,
}


FUNCTIONS = {
    "relu": "elu",
    "elu": "selu",
    "tanh": "hard_tanh",
    "sigmoid": "hard_sigmoid",
    "softmax": "sigmoid",
    "silu": "gelu",
    "gelu": lambda x: keras.activations.gelu(x, approximate=True),
}
PADDINGS = {"same": "valid", "valid": "same", "causal": "same"}
NUMBERS = ("epsilon", "negative_slope", "alpha", "scale", "max_value")
SIZES = ("strides", "dilation_rate", "pool_size", "size")


def mutations(model):
    """Yields what is wrong, and a function that does it to the model or undoes it."""
    for layer in _all_layers(model):
        if isinstance(layer, layers.Discretization):
            continue  # its epsilon is for adapting alone
        for name, value in _settings(layer):
            yield f"{layer.name} {name}", _setting(layer, name, value)
    for variable in model.weights:
        if "int" in variable.dtype or "seed" in variable.path:
            continue
        value = keras.ops.convert_to_numpy(variable)
        for name, wrong in WRONG.items():
            if not np.array_equal(wrong(value), value):
                yield f"{variable.path} {name}", _assigned(variable, wrong(value))


def _all_layers(model):
    for layer in model.layers:
        yield layer
        inner = [getattr(layer, n, None) for n in ("layer", "forward_layer", "cell")]
        yield from getattr(layer, "layers", [one for one in inner if one is not None])


def _settings(layer):
    """Yields a setting, and another value of it."""
    settings = layer.get_config()
    for name in ("activation", "recurrent_activation"):
        known = FUNCTIONS.get(settings.get(name))
        if known is not None and not hasattr(layer, "cell"):
            yield name, keras.activations.get(known)
    for name in NUMBERS:
        if isinstance(value := settings.get(name), float):
            yield name, value + max(value, 1e-3)
    for name in ("go_backwards", "return_sequences"):
        if isinstance(value := getattr(layer, name, None), bool):
            yield name, not value
    yield from _surroundings(layer)


def _surroundings(layer):
    """Yields what decides which numbers are near; one number alone has none."""
    kernel = getattr(layer, "kernel_size", None)
    if kernel == (1,) * len(kernel or ()):
        return
    if kernel and layer.padding in PADDINGS:
        yield "padding", PADDINGS[layer.padding]
    for name in SIZES:
        if isinstance(value := getattr(layer, name, None), tuple):
            yield name, tuple(n + 1 for n in value)


def _setting(layer, name, value):
    before = getattr(layer, name)
    return lambda wrong: setattr(layer, name, value if wrong else before)


def _assigned(variable, value):
    before = keras.ops.convert_to_numpy(variable).copy()
    return lambda wrong: variable.assign(value if wrong else before)
