"""Whatever form data comes in, the numbers are the same; what does not fit is told."""

import itertools

import keras
import numpy as np
import pytest
from keras import layers

from keras_residual.measures import cka, forms, measure

from .nets import chain, dense, random

X, Y = random(10, 4), random(10, 4, seed=1)
COLUMNS = ["ratio", "lesion"]


class Pairs(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return X[3 * index : 3 * index + 3], Y[3 * index : 3 * index + 3]


def pairs(kind=tuple):
    for start in range(0, 10, 4):
        yield kind((X[start : start + 4], Y[start : start + 4]))


def tensors():
    return keras.ops.convert_to_tensor(X), keras.ops.convert_to_tensor(Y)


def tf_data():
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)


def grain_data():
    grain = pytest.importorskip("grain")
    return grain.MapDataset.source([*zip(X, Y, strict=True)]).batch(4)


def torch_loader():
    data = pytest.importorskip("torch.utils.data")
    return data.DataLoader([*zip(X, Y, strict=True)], 4)  # it makes lists


@pytest.mark.parametrize(
    "make",
    [
        lambda: (X.astype("float64"), Y),
        tensors,
        Pairs,
        pairs,
        lambda: list(pairs()),
        lambda: list(pairs(list)),
        lambda: ({"x": X, "unused": Y}, Y),
        lambda: (X, Y, np.ones(10)),
        tf_data,
        lambda: list(tf_data()),
        grain_data,
        torch_loader,
        lambda: list(torch_loader()),
    ],
)
def test_forms_of_data(make):
    model = chain(0.5 * random(4, 4, seed=2))
    expected = measure(model, (X, Y), columns=COLUMNS, loss="mse")
    found = measure(model, make(), columns=COLUMNS, loss="mse", batch_size=3)
    assert found.examples == 10
    for name in COLUMNS:
        np.testing.assert_allclose(found[name], expected[name], 1e-5)


def two_inputs():
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    branch = layers.Multiply()([dense(random(4, 4))(a), dense(random(3, 4))(b)])
    return keras.Model([b, a], layers.Add()([a, branch]))


def test_several_inputs():
    a, b = random(6, 4), random(6, 3, seed=1)
    change = (a @ random(4, 4)) * (b @ random(3, 4))
    norms = [np.linalg.norm(v, axis=1).mean() for v in (change, a)]
    for data in ({"a": a, "b": b}, [b, a], ([b, a], Y[:6]), [([b, a], Y[:6])]):
        table = measure(two_inputs(), data, columns="ratio")
        np.testing.assert_allclose(table["ratio"], norms[0] / norms[1], 1e-5)


def shapes(taken):
    """Two inputs `2 a + b` in a structure that `taken` makes of them."""
    inputs = taken(keras.Input((4,), name="a"), keras.Input((4,), name="b"))
    a, b = keras.tree.flatten(inputs)
    if isinstance(inputs, dict):
        a, b = inputs["q"], inputs["p"]
    branch = layers.Rescaling(1.0)(layers.Add()([layers.Rescaling(2.0)(a), b]))
    return keras.Model(inputs, layers.Add(name="sum")([a, branch]))


A, B = random(6, 4), random(6, 4, seed=1)


@pytest.mark.parametrize(
    ("taken", "data"),
    [
        (lambda a, b: [a, b], [A, B]),
        (lambda a, b: (a, b), [A, B]),
        (lambda a, b: [a, b], {"b": B, "a": A}),
        (lambda a, b: {"q": a, "p": b}, {"q": A, "p": B}),
        (lambda a, b: {"q": a, "p": b}, [{"q": A, "p": B, "more": A}]),
        (lambda a, b: [[a], b], [[A], B]),
        (lambda a, b: [[a], b], [([[A], B], None)]),
        (lambda a, b: [a, b], [[A, B]]),
    ],
)
@pytest.mark.filterwarnings("ignore:When providing")
def test_values_meet_the_inputs_as_in_a_call_of_the_model(taken, data):
    norms = [np.linalg.norm(v, axis=1).mean() for v in (2 * A + B, A)]
    table = measure(shapes(taken), data, columns="ratio")
    np.testing.assert_allclose(table["ratio"], norms[0] / norms[1], 1e-5)


@pytest.mark.filterwarnings("ignore:When providing")
def test_a_dict_is_never_guessed_at():
    swapped = shapes(lambda a, b: {"q": a, "p": b})
    for data in ({"a": A, "b": B}, [A, B]):
        with pytest.raises(ValueError, match=r"\{'q': \.\.\., 'p': \.\.\.\}"):
            measure(swapped, data, columns="ratio")


def test_what_never_ends_is_refused():
    tf = pytest.importorskip("tensorflow")
    grain = pytest.importorskip("grain")
    endless = (
        tf.data.Dataset.from_tensor_slices(X).batch(4).repeat(),
        grain.MapDataset.source(X).batch(4).repeat(),
        grain.MapDataset.source(X).repeat().batch(4),
        grain.MapDataset.source(X).repeat().to_iter_dataset().batch(4),
        grain.load(X, batch_size=4),
    )
    for data in endless:
        with pytest.raises(ValueError, match="it never ends"):
            measure(chain(random(4, 4)), data)


class Endless:
    """Batches of an object that makes them for ever."""

    def __init__(self, batch=None):
        self.batch, self.made = X[:4] if batch is None else batch, 0

    def __iter__(self):
        while True:
            self.made += 1
            yield self.batch


def test_what_tells_no_length_is_read_so_far_and_no_further(monkeypatch):
    monkeypatch.setattr(forms, "MOST", 3)
    batches, model = Endless(), chain(random(4, 4))
    for data in (batches, iter(batches)):
        with pytest.raises(ValueError, match=r"list\(itertools\.islice"):
            measure(model, data, columns="ratio")
    assert batches.made == 2 * 4
    pairs = Endless((X[:4], Y[:4]))
    first = list(itertools.islice(batches, 3))
    for advised in (
        np.concatenate(first),
        list(itertools.islice(pairs, 3)),
        iter(first),
    ):
        assert measure(model, advised, columns="ratio").examples == 3 * 4


def test_what_has_a_length_is_read_so_far():
    class Sized(Endless):
        def __len__(self):
            return 5

    data = Sized()
    assert measure(chain(random(4, 4)), data, columns="ratio").examples == 5 * 4
    assert data.made == 5


def test_a_network_without_units_has_an_empty_table():
    x = keras.Input((4,))
    table = measure(keras.Model(x, layers.ReLU()(x)), X)
    assert table.rows == ()
    assert table.examples == 10


@pytest.mark.parametrize(
    ("data", "columns", "message"),
    [
        (X[:, :3], "ratio", r"shape \(10, 3\)"),
        (X[:0], "ratio", "no batch"),
        ([X, X], "ratio", "2 arrays"),
        (7, "ratio", "int: 7"),
        ("digits", "ratio", "str"),
        (X, "lesion", "no labels"),
        ([(X, Y, Y, Y)], "ratio", "a batch of 4 parts"),
        ({"y": X}, "ratio", r"\{'x': \.\.\.\}"),
        ((X, Y[:9]), "ratio", "10, 9 examples"),
        (iter(X), "ratio", r"data\.batch"),
        (X, ["ration"], r"\['ratio'\]"),
        (X, "weight", "no column 'weight'"),
    ],
)
def test_what_does_not_fit_is_told(data, columns, message):
    with pytest.raises((ValueError, TypeError), match=message):
        measure(chain(random(4, 4)), data, columns=columns, loss="mse")


def test_a_loss_has_to_be_known_and_to_be_of_each_example():
    model = chain(random(4, 4))
    with pytest.raises(ValueError, match="the loss is not known"):
        measure(model, (X, Y), columns="lesion")

    def averaged(y, predicted):
        return keras.ops.mean((y - predicted) ** 2)

    with pytest.raises(ValueError, match="no value for each example"):
        measure(model, (X, Y), columns="lesion", loss=averaged)


def test_labels_have_to_fit_the_outputs():
    x = keras.Input((4,))
    y = layers.Add()([x, dense(random(4, 4))(x)])
    with pytest.raises(ValueError, match="the loss cannot be computed"):
        measure(keras.Model(x, [x, y]), (X, Y), columns="gradient", loss="mse")


def test_four_examples_are_compared_or_more():
    with pytest.raises(ValueError, match="no batch of four examples"):
        cka(chain(random(4, 4)), X[:3])


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="it has words")
def test_words_are_refused_where_there_are_none():
    x = keras.Input((1,), dtype="string")
    model = keras.Model(x, keras.layers.StringLookup(vocabulary=["a"])(x))
    with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
        measure(model, np.array([["a"]]))
