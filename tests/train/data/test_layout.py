"""Which axis is what."""

import numpy as np
import pytest

from keras_residual.train import InputError
from keras_residual.train.data.arrays import make_dataset

RNG = np.random.default_rng(0)
Y = np.arange(24) % 2
ONE_HOT = np.eye(4, dtype="uint8")[RNG.integers(0, 4, (24, 50))]


def read(values, layout=None):
    return make_dataset("x", (values, Y), layout=layout)


def draw(*shape, high=256, dtype="uint8"):
    return RNG.integers(0, high, (24, *shape)).astype(dtype)


@pytest.mark.parametrize(
    ("values", "kind", "shape", "said"),
    [
        (ONE_HOT, "sequence", (50, 4), "one-hot"),
        (ONE_HOT.astype(bool), "sequence", (50, 4), "one-hot"),
        (np.moveaxis(ONE_HOT, 2, 1), "sequence", (50, 4), "channels came first"),
        (np.eye(9, dtype="uint8")[draw(9, high=9)], "sequence", (9, 9), "one-hot"),
        (draw(12, 12), "picture", (12, 12, 1), "grey pictures (--layout sequence"),
        (draw(12, 12, high=2), "picture", (12, 12, 1), "grey pictures"),
        (draw(12, 12, high=2, dtype=bool), "picture", (12, 12, 1), "grey pictures"),
        (draw(12, 12) / 255, "picture", (12, 12, 1), "grey pictures"),
        (draw(12, 12, dtype="int64"), "picture", (12, 12, 1), "grey pictures"),
        (draw(12, 6) / 255, "sequence", (12, 6), "(--layout grey"),
        (draw(3, 12, 16), "picture", (12, 16, 3), "channels came first"),
        (draw(1, 12, 12), "picture", (12, 12, 1), "channels came first"),
        (draw(2, 6, 7, 8), "volume", (6, 7, 8, 2), "channels came first"),
    ],
)
def test_the_axes_are_recognised_and_it_is_said(values, kind, shape, said):
    dataset = read(values)
    assert (dataset.kind, dataset.train.shape) == (kind, shape)
    assert said.lower() in " ".join(dataset.reading).lower()
    assert dataset.augment == ("flip-crop" if kind == "picture" else "none")


def test_channels_that_are_moved_keep_their_values():
    values = draw(3, 12, 16)
    dataset = read(values)
    first = np.flatnonzero(values[:, 0, 5, 6] == dataset.train.values[0, 5, 6, 0])
    assert any(
        (np.moveaxis(values[at], 0, -1) == dataset.train.values[0]).all()
        for at in first
    )


@pytest.mark.parametrize(
    ("values", "layouts"),
    [
        (draw(12, 12) - 99.5, ("grey", "sequence")),
        (draw(80, 3), ("grey", "sequence")),
        (draw(12, 400) - 99.5, ("sequence", "channels_first")),
        (draw(3, 32, 3), ("channels_last", "channels_first")),
        (draw(13, 8, 8), ("channels_last", "channels_first", "grey")),
    ],
)
def test_what_could_be_two_things_is_asked_and_each_answer_works(values, layouts):
    with pytest.raises(InputError) as caught:
        read(values)
    for layout in layouts:
        assert f"--layout {layout}" in caught.value.on_command_line()
        read(values, layout)


@pytest.mark.parametrize(
    ("values", "layout", "kind", "shape"),
    [
        (ONE_HOT, "grey", "picture", (50, 4, 1)),
        (draw(12, 12), "sequence", "sequence", (12, 12)),
        (draw(30), "sequence", "sequence", (30, 1)),
        (draw(12, 12), "table", "table", (144,)),
        (draw(4, 5, 6), "grey", "volume", (4, 5, 6, 1)),
        (draw(12, 400), "channels_first", "sequence", (400, 12)),
        (draw(3, 12, 12), "channels_last", "picture", (3, 12, 12)),
    ],
)
def test_the_layout_decides(values, layout, kind, shape):
    dataset = read(values, layout)
    assert (dataset.kind, dataset.train.shape) == (kind, shape)
    assert dataset.terms["layout"] == layout


def test_a_layout_that_does_not_fit_is_answered_with_those_that_do():
    with pytest.raises(InputError, match="2 axes is laid out as table, sequence"):
        read(draw(30), "channels_first")
