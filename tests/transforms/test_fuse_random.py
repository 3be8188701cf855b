"""Random graphs: whatever is fused computes the same, and is fused once and for all."""

import keras
import pytest

import keras_residual as kr

from .random_graphs import random_model

# PyTorch makes and runs a graph within a tenth of a second, the others take longer.
CHUNK, CHUNKS = (30, 10) if keras.backend.backend() == "torch" else (5, 4)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_graphs(chunk):
    changes = 0
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        done = kr.fuse(random_model(seed), tolerance=1e-5)
        changes += len(done.changes)
        if seed % 5 == 0:
            again = kr.fuse(done.model)
            assert not again.changes, f"seed {seed}: {again}"
    assert changes > CHUNK  # the graphs give something to do
