"""Products of float32 in all of its digits, where a card would take fewer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras


@contextmanager
def whole_products() -> Iterator[None]:
    """Multiplies float32 as float32 meanwhile, whatever was allowed.

    Graphics cards leave bits of each factor out unless told otherwise, which hides a
    difference of 1e-4 between two models; so do some processors, if allowed.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        with _on_jax():
            yield
    elif backend == "torch":
        with _on_torch():
            yield
    else:
        with _on_tensorflow():
            yield


@contextmanager
def _on_jax() -> Iterator[None]:
    import jax

    if jax.default_backend() == "cpu":  # it takes all; and each setting compiles anew
        yield
        return
    with jax.default_matmul_precision("highest"):
        yield


@contextmanager
def _on_torch() -> Iterator[None]:
    from torch import backends

    cuda, cudnn = backends.cuda, backends.cudnn
    mkldnn: Any = backends.mkldnn
    places = [cuda.matmul, cudnn.conv, cudnn.rnn]
    places += [mkldnn.matmul, mkldnn.conv, mkldnn.rnn]
    allowed = [place.fp32_precision for place in places]
    for place in places:
        place.fp32_precision = "ieee"
    try:
        yield
    finally:
        for place, kind in zip(places, allowed, strict=True):
            place.fp32_precision = kind


@contextmanager
def _on_tensorflow() -> Iterator[None]:
    from tensorflow import config

    allowed = config.experimental.tensor_float_32_execution_enabled()
    config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        config.experimental.enable_tensor_float_32_execution(allowed)
