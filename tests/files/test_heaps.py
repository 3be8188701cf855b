"""A heap of texts that has no end is refused: the HDF5 library would walk for ever."""

import struct

import pytest

import keras_residual as kr
from keras_residual.files.errors import RefusedError

from .artifacts import WEIGHTS, read, small_model, write

HEAP, HEADER = b"GCOL\x01", 16


def endless(whole: bytes, size: int = 0) -> bytes:
    """Gives the first heap of texts a free piece of some size behind its header."""
    data, at = bytearray(whole), whole.index(HEAP) + HEADER
    data[at : at + HEADER] = struct.pack("<HHLQ", 0, 0, 0, size)
    return bytes(data)


@pytest.mark.parametrize("size", [0, 8, 15, 2**40])
def test_weights_alone(tmp_path, size):
    model, path = small_model(), tmp_path / "model.weights.h5"
    model.save_weights(path)
    path.write_bytes(endless(path.read_bytes(), size))
    with pytest.raises(RefusedError, match="a heap of texts at byte"):
        kr.load_weights(model, path)


def test_weights_in_an_archive(tmp_path):
    path = tmp_path / "model.keras"
    small_model().save(path)
    members = read(path)
    write(path, {**members, WEIGHTS: endless(members[WEIGHTS])})
    with pytest.raises(RefusedError, match="a heap of texts at byte"):
        kr.open_model(path)


def test_heaps_in_each_other(tmp_path):
    model, path = small_model(), tmp_path / "model.weights.h5"
    model.save_weights(path)
    piece = HEAP.ljust(8, b"\0") + struct.pack("<Q", 2**15)
    path.write_bytes(path.read_bytes() + piece * 2**12)
    with pytest.raises(RefusedError, match="heap"):
        kr.load_weights(model, path)
