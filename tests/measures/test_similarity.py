"""CKA is the unbiased estimate, averaged before the division."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_residual.measures import cka
from keras_residual.measures.similarity import unbiased_hsic

from .nets import chain, dense, random


def hsic(k, l):  # noqa: E741  as in the paper
    """Sums over all different indices: what the estimate is the short form of."""
    n = len(k)
    one = two = three = 0.0
    for i in range(n):
        for j in range(n):
            for q in range(n):
                for r in range(n):
                    if len({i, j, q, r}) == 4:
                        one += k[i, j] * l[i, j]
                        two += k[i, j] * l[q, r]
                        three += k[i, j] * l[i, q]
    return (one + two - 2 * three) / (n * (n - 1) * (n - 2) * (n - 3))


def kernel(rows):
    return rows @ rows.T


def test_hsic_is_the_sum_over_different_examples():
    a, b = (kernel(random(6, 4, seed=k).astype("float64")) for k in (1, 2))
    assert unbiased_hsic(a, b) == pytest.approx(hsic(a, b), rel=1e-10)


@pytest.mark.parametrize("nested", [False, True], ids=["flat", "nested"])
def test_streams_are_compared_batch_by_batch(nested):
    kernels, x = [random(4, 4, seed=k) for k in (1, 2)], random(13, 4)
    found = cka(chain(*kernels, nested=nested), x, batch_size=6)
    assert found.examples == 12  # one is left over
    total = np.zeros((2, 2))
    for part in (x[:6], x[6:12]):
        first = part.astype("float64") @ (np.eye(4) + kernels[0])
        streams = [kernel(first), kernel(first @ (np.eye(4) + kernels[1]))]
        total += [[hsic(a, b) for b in streams] for a in streams]
    own = np.sqrt(np.diag(total))
    np.testing.assert_allclose(found.matrix, total / np.outer(own, own), 1e-4)


def test_unrelated_streams_are_unlike_though_batches_are_small():
    inputs = keras.Input((80,))
    halves = [layers.Lambda(lambda x, k=k: x[:, k : k + 40])(inputs) for k in (0, 40)]
    ends = [layers.Add()([h, dense(np.zeros((40, 40)))(h)]) for h in halves]
    model = keras.Model(inputs, ends)
    found = cka(model, random(320, 80), batch_size=16)
    assert abs(found.matrix[0, 1]) < 0.05
    np.testing.assert_allclose(np.diag(found.matrix), 1)
