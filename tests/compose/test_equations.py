"""Every part, shortcut, merge and block computes what its paper says.

The reference is NumPy in float64. Keras computes in float32 (its batch normalisation
always does), hence the tolerances: 1e-5 of the largest value forward, 1e-4 of the
largest slope for gradients.
"""

from collections.abc import Iterator

import keras
import numpy as np
import pytest
from gradients import gradients, outputs
from keras.layers import BatchNormalization

import keras_residual as kr

from .equation import PICTURE, Equation
from .equations import EQUATIONS
from .reference_blocks import Weights

FORWARD, GRADIENT = 1e-5, 1e-4
DIRECTIONS = 20
STEP = 1e-6


def built(equation: Equation) -> keras.Model:
    """Builds our graph, with weights and statistics that are like no initial ones."""
    x = keras.Input(equation.shape[1:])
    model = keras.Model(x, equation.make(x))
    rng = np.random.default_rng(7)
    for layer in leaves(model):
        for weight in layer.weights:
            if weight.name != "seed_generator_state":
                weight.assign(drawn(rng, weight.name, weight.shape))
    return model


def drawn(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    if name == "moving_variance":
        return rng.uniform(0.5, 2.0, shape)
    if name == "kernel":
        return rng.normal(0.0, np.prod(shape[:-1]) ** -0.5, shape)
    centre = 1.0 if name in ("gamma", "scale") else 0.0
    return rng.normal(centre, 0.5, shape)


def leaves(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        yield from leaves(layer) if isinstance(layer, keras.Model) else [layer]


def short(name: str) -> str:
    """Leaves the name of the block away: `residual1_branch_conv1` is `branch_conv1`."""
    return name.removeprefix("residual1_").removeprefix("nest1_")


def in_float64(
    model: keras.Model, variables: list
) -> list[tuple[str, str, np.ndarray]]:
    """Returns (layer, weight, value) of the variables, in their order."""
    owner = {id(v): short(layer.name) for layer in leaves(model) for v in layer.weights}
    return [
        (owner[id(v)], within(v), keras.ops.convert_to_numpy(v.value).astype("float64"))
        for v in variables
    ]


def within(variable: keras.Variable) -> str:
    """Names a variable in its layer: `kernel`, or `query/kernel` of attention."""
    return variable.path.partition("/")[2] or variable.name


def stateful(model: keras.Model) -> list:
    return [v for v in model.non_trainable_variables if "seed" not in v.name]


def weights(values: list[tuple[str, str, np.ndarray]], training: bool) -> Weights:
    layers: dict[str, dict[str, np.ndarray]] = {}
    for layer, name, value in values:
        layers.setdefault(layer, {})[name] = value
    return Weights(layers, training)


def modes(equation: Equation, model: keras.Model) -> list[bool]:
    """Inference, and training where that is another function, without randomness."""
    normed = any(isinstance(x, BatchNormalization) for x in leaves(model))
    return [False, True] if equation.trains and normed else [False]


def picture(equation: Equation) -> np.ndarray:
    rng = np.random.default_rng(11)
    return rng.normal(size=equation.shape).astype("float32").astype("float64")


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda row: row.name)
def test_output_in_inference(equation):
    model, x = built(equation), picture(equation)
    values = in_float64(model, model.trainable_variables + stateful(model))
    for training in modes(equation, model)[: 1 if equation.learns else 2]:
        paper = weights(values, training)
        expected = equation.reference(x, paper)
        assert_equal(outputs(model, x.astype("float32"), training=training), expected)
        assert paper.used == set(paper.layers), "the paper has fewer layers"


def assert_equal(y: np.ndarray, expected: np.ndarray) -> None:
    assert y.shape == expected.shape
    assert np.abs(y - expected).max() <= FORWARD * np.abs(expected).max()


@pytest.mark.parametrize(
    "equation", [row for row in EQUATIONS if row.learns], ids=lambda row: row.name
)
def test_output_and_gradient_in_training(equation):
    """Compares slopes along random directions: of all weights, and of each alone."""
    model, x = built(equation), picture(equation)
    training = modes(equation, model)[-1]
    learned = in_float64(model, model.trainable_variables)
    fixed = in_float64(model, stateful(model))
    rng = np.random.default_rng(13)
    weighting = rng.normal(size=(len(x), *model.output_shape[1:]))

    def total(step: float, direction: list[np.ndarray]) -> float:
        moved = [
            (layer, name, value + step * change)
            for (layer, name, value), change in zip(learned, direction[1:], strict=True)
        ]
        paper = weights(moved + fixed, training)
        y = equation.reference(x + step * direction[0], paper)
        return float((y * weighting).sum())

    y, found = gradients(
        model, x.astype("float32"), weighting.astype("float32"), training=training
    )
    assert_equal(y, equation.reference(x, weights(learned + fixed, training)))
    ours, paper = [], []
    for direction in directions(rng, [each.shape for each in found]):
        ours.append(sum((g * d).sum() for g, d in zip(found, direction, strict=True)))
        paper.append((total(STEP, direction) - total(-STEP, direction)) / (2 * STEP))
    error = np.abs(np.subtract(ours, paper)).max()
    assert error <= GRADIENT * np.abs(paper).max()


def directions(rng: np.random.Generator, shapes: list) -> Iterator[list[np.ndarray]]:
    for _ in range(DIRECTIONS):
        yield [rng.normal(size=shape) for shape in shapes]
    for alone in range(len(shapes)):
        yield [rng.normal(size=s) * (n == alone) for n, s in enumerate(shapes)]


@pytest.mark.parametrize(
    ("make", "momentum"),
    [(kr.norm("batch"), 0.9), (lambda x: kr.residual_block_with_batchnorm(x, 3), 0.99)],
    ids=["ours", "the textbook's"],
)
def test_moving_statistics_take_their_share_of_a_batch(make, momentum):
    x = np.random.default_rng(11).normal(2.0, 3.0, size=PICTURE).astype("float32")
    inputs = keras.Input(PICTURE[1:])
    model = keras.Model(inputs, make(inputs))
    norm = next(x for x in leaves(model) if isinstance(x, BatchNormalization))
    seen = keras.Model(inputs, norm.input)(x)
    model(x, training=True)
    mean = keras.ops.convert_to_numpy(seen).mean((0, 1, 2), dtype="float64")
    found = keras.ops.convert_to_numpy(norm.moving_mean.value)
    np.testing.assert_allclose(found, (1 - momentum) * mean, rtol=1e-4, atol=1e-6)
