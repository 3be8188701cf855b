"""Our networks without the memory of their weights: their names and shapes alone."""

import functools
from threading import Thread

import keras

import keras_residual as kr


@functools.cache
def unallocated(name: str) -> keras.Model:
    """Builds a network whose weights have no values.

    Keras remembers variables that are to get their values, a list a thread; a thread of
    its own takes its list with it.
    """
    made: list[keras.Model] = []

    def build() -> None:
        with keras.StatelessScope(initialize_variables=False):
            made.append(kr.models.build(name))

    thread = Thread(target=build)
    thread.start()
    thread.join()
    return made[0]
