"""Every public part, shortcut, merge, block, layer and model keeps every promise."""

import functools
import inspect
import re
from collections.abc import Iterator

import keras
import numpy as np
import pytest
from layouts import runs_first

import keras_residual as kr
from keras_residual import compose
from keras_residual.compose.part import Part

from .forms import COUNTED
from .table import NO_ROW, OF_FORMS, ROWS, Row

BACKEND = keras.backend.backend()
BATCH = 3


def over(rows: list[Row]) -> pytest.MarkDecorator:
    """Runs over rows; `tests/full.py` knows those that the table of forms has made."""
    ids = [row.name + " as published" * (row in OF_FORMS) for row in rows]
    return pytest.mark.parametrize("row", rows, ids=ids)


@functools.cache
def built(row: Row) -> keras.Model:
    """Builds a row's model once, with weights that are like no initial ones."""
    model = row.model()
    rng = np.random.default_rng(5)
    for weight in model.weights:
        weight.assign(rng.uniform(0.1, 0.9, weight.shape))
    return model


def sample(row: Row, batch: int = BATCH) -> np.ndarray:
    shape = (batch, *row.shape)
    return np.random.default_rng(6).normal(size=shape).astype("float32")


def run(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Computes in inference; compiled on JAX, which is slow one operation a time."""
    y = model.predict_on_batch(x) if BACKEND == "jax" else model(x, training=False)
    return keras.ops.convert_to_numpy(y)


# The table is complete


def public() -> Iterator[str]:
    for room in ("parts", "shortcuts", "merges", "blocks", "layers", "connections"):
        yield from (f"{room}.{name}" for name in getattr(kr, room).__all__)
    for name in kr.__all__:
        value = getattr(kr, name)
        if inspect.isfunction(value) and value.__module__.startswith(compose.__name__):
            yield name


def test_every_public_name_has_a_row():
    rows = {row.public for row in ROWS} | NO_ROW.keys()
    named = rows | {name.split(".")[-1] for name in rows}
    assert [name for name in public() if name not in named] == []


def test_every_row_is_public():
    offered = {*public(), *(f"models.{name}" for name in kr.models.names())}
    assert [row.name for row in ROWS if row.public not in offered] == []
    assert [name for name in NO_ROW if name not in offered] == []


def test_rows_have_names_of_their_own():
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)


# Shapes


@over(ROWS)
def test_static_shape_is_the_real_shape(row):
    model = built(row)
    for batch in (1, BATCH):
        y = run(model, sample(row, batch))
        assert y.shape == (batch, *model.output_shape[1:])


@over([row for row in ROWS if len(row.shape) > 1])
def test_unknown_sizes_make_no_difference(row):
    if row.public in COUNTED:
        with pytest.raises(kr.ResidualError, match="are not known"):
            row.model((None, row.shape[-1]))
        return
    unknown = row.model((*[None] * (len(row.shape) - 1), row.shape[-1]))
    known = built(row)
    assert [w.path for w in unknown.weights] == [w.path for w in known.weights]
    unknown.set_weights(known.get_weights())
    x = sample(row)
    np.testing.assert_allclose(run(unknown, x), run(known, x), rtol=1e-5, atol=1e-5)


@over([row for row in ROWS if len(row.shape) > 1])
def test_channels_first_computes_the_same(row):
    """Or is refused, where Keras's own layers do not compute it."""
    last, shape = built(row), (row.shape[-1], *row.shape[:-1])
    keras.config.set_image_data_format("channels_first")
    if not all(map(runs_first, convolutions(last))):
        with pytest.raises(ValueError, match="cannot be run here"):
            row.model(shape)
        return
    first = row.model(shape)
    assert [w.path for w in first.weights] == [w.path for w in last.weights]
    first.set_weights(last.get_weights())
    x = sample(row)
    expected, y = run(last, x), run(first, np.moveaxis(x, -1, 1))
    assert y.shape[1:] == first.output_shape[1:]
    np.testing.assert_allclose(np.moveaxis(y, 1, -1), expected, rtol=1e-5, atol=1e-5)


def convolutions(model: keras.Model) -> set[str]:
    """Names the kinds that a model convolves with, apart from those in groups."""
    layers = [*model.layers]
    for layer in layers:
        inner = getattr(layer, "inner", layer)  # what a block that is a layer holds
        layers += getattr(inner, "layers", ())
        layers += [layer.layer] if isinstance(layer, keras.layers.Wrapper) else []
    plain = [layer for layer in layers if getattr(layer, "groups", 0) == 1]
    kinds = {
        f"Conv{layer.rank}D" if hasattr(layer, "standardized") else type(layer).__name__
        for layer in plain
    }
    return {kind for kind in kinds if kind.startswith("Conv")}


# Numbers


@over(ROWS)
def test_inference_is_repeatable(row):
    model, x = built(row), sample(row)
    np.testing.assert_array_equal(run(model, x), run(model, x))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
@over(ROWS)
def test_dtype_policy_is_kept(row, policy):
    if BACKEND == "jax" and policy == "float64":
        pytest.skip("JAX has no float64 unless it is started with jax_enable_x64")
    keras.config.set_dtype_policy(policy)
    model = row.model()
    try:
        y = run(model, sample(row))
    except ValueError as error:
        if "not supported by dot_general" not in str(error):
            raise
        pytest.skip("JAX attends in float16 on accelerators alone")
    assert y.dtype.name == keras.config.dtype_policy().compute_dtype
    assert np.isfinite(y.astype("float32")).all()


@over(ROWS)
def test_one_step_reaches_every_weight(row):
    """With plain gradient descent at rate 1, what a weight moves is its gradient.

    The loss is not linear in the output: the gradient of a linear one needs no forward
    pass, and TensorFlow may then read a weight after its update, because its optimizer
    of graphs takes out the node that all updates wait for (IdentityN).
    """
    model, x = row.model(), sample(row, 8)
    if not model.trainable_variables:
        pytest.skip("it has no weights")
    wanted = np.random.default_rng(8).normal(size=(8, *model.output_shape[1:]))
    model.compile(keras.optimizers.SGD(1.0), lambda w, y: keras.ops.sum((y - w) ** 2))
    before = values(model)
    model.train_on_batch(x, wanted.astype("float32"))
    gradients = {path: before[path] - new for path, new in values(model).items()}
    assert all(np.isfinite(gradient).all() for gradient in gradients.values())
    largest = max(np.abs(gradient).max() for gradient in gradients.values())
    sizes = {path: np.abs(each).max() / largest for path, each in gradients.items()}
    still = {path for path, size in sizes.items() if size < 1e-5}
    stated = {path for path in gradients if row.silent and re.search(row.silent, path)}
    assert still <= stated, row.because
    # What a norm cancels moves a little, as there is an epsilon in the norm.
    assert all(sizes[path] < 1e-3 for path in stated), "it moves"


def values(model: keras.Model) -> dict[str, np.ndarray]:
    """Returns copies: what TensorFlow hands out may be the variable's own memory."""
    return {
        w.path: np.array(keras.ops.convert_to_numpy(w.value))
        for w in model.trainable_variables
    }


# Files


@over(ROWS)
def test_saved_model_loads_safely_and_computes_the_same(row, tmp_path):
    model, x = built(row), sample(row)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(run(again, x), run(model, x))


# Recipes

RECIPES = [row for row in ROWS if isinstance(row.create(), Part)]
NAMESPACE = {
    name: value
    for room in (kr.parts, kr.shortcuts, kr.merges, kr.blocks)
    for name, value in vars(room).items()
} | {"Residual": kr.Residual}


@over(RECIPES)
def test_recipe_prints_as_the_code_that_makes_it(row):
    recipe = row.create()
    again = eval(repr(recipe), NAMESPACE)  # noqa: S307  our own text
    assert again == recipe
    assert hash(again) == hash(recipe)
    assert repr(again) == repr(recipe)


@over(RECIPES)
def test_equal_arguments_make_equal_recipes(row):
    assert row.create() == row.create()
    assert {row.create(): "found"}[row.create()] == "found"


def test_different_recipes_are_different():
    printed = {}
    for row in RECIPES:
        printed.setdefault(repr(row.create()), []).append(row.create())
    firsts = [recipes[0] for recipes in printed.values()]
    assert len(firsts) > 30
    for n, one in enumerate(firsts):
        assert all(one != other for other in firsts[n + 1 :]), one


@over(RECIPES)
def test_calling_a_recipe_again_makes_new_weights(row):
    recipe = row.create()
    inputs = keras.Input(row.shape)
    once, twice = (keras.Model(inputs, recipe(inputs)) for _ in range(2))
    assert len(once.weights) == len(twice.weights)
    assert not {id(w) for w in once.weights} & {id(w) for w in twice.weights}
    both = keras.Model(inputs, [once.output, twice.output])  # names do not clash
    assert len(both.weights) == 2 * len(once.weights)


@over(RECIPES)
def test_recipe_is_frozen(row):
    recipe = row.create()
    with pytest.raises(AttributeError):
        recipe.branch = None
