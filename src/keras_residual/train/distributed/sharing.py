"""One training on several devices: each takes rows of every batch, and all agree.

`keras.distribution` compiles the step that one device would take, on the whole batch:
the mean of the loss, the statistics of a batch norm and the masks of a dropout are of
all rows, wherever they lie. A batch that does not divide is filled up with rows of
zeros, so that each device has as many; the step drops them before it looks at one.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Never

import keras
import numpy as np
from keras.distribution import DataParallel, ModelParallel

from keras_residual._keras import lay_out, prepare
from keras_residual.compose.arguments import demand
from keras_residual.measures.forms import plain
from keras_residual.train.distributed.agreeing import asked_to_stop
from keras_residual.train.distributed.hosts import (
    devices_of_hosts,
    hosts,
    refuse_backend,
    this_host,
)
from keras_residual.train.mistake import InputError
from keras_residual.train.resuming.stopping import Wishes

Batch = tuple[Any, ...]
Distribution = DataParallel | ModelParallel
Devices = str | int | DataParallel | ModelParallel | None
ALL = "all"
_FUNCTIONS = ("train_function", "test_function", "predict_function")
_HOOKS = tuple(name for name in dir(keras.callbacks.Callback) if name[:3] == "on_")
_STEPS = ("train_step", "test_step")


@dataclass(frozen=True)
class Share:
    """The rows of a batch that this process takes.

    Args:
        parts: Devices that a batch is divided among.
        first: Those of this process, from this one on.
        last: And up to this one, which is another's.
    """

    parts: int
    first: int
    last: int

    def rows(self, count: int) -> slice:
        """Returns this process's rows of a batch.

        Args:
            count: The rows of the whole batch.
        """
        each = -(-count // self.parts)
        return slice(min(count, each * self.first), min(count, each * self.last))

    def filled(self, mine: Batch, count: int) -> Batch:
        """Returns this process's rows as each device's equal part.

        Args:
            mine: Arrays with these rows of a batch.
            count: The rows of the whole batch.

        Returns:
            The arrays, and an empty one: its width is the number of rows to drop.
        """
        each = -(-count // self.parts)
        height = each * (self.last - self.first)

        def fill(array: Any) -> Any:
            more = ((0, height - len(array)), *((0, 0),) * (array.ndim - 1))
            return np.pad(array, more)

        width = each * self.parts - count
        drop = np.zeros((self.last - self.first, width), np.uint8)
        filled: Any = keras.tree.map_structure(fill, mine)
        return (*filled, drop)

    def taken(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yields this process's part of batches that are whole.

        Args:
            batches: The same ones in every process.
        """
        for found in batches:
            batch = keras.tree.map_structure(plain, found)
            count = len(keras.tree.flatten(batch)[0])
            rows = self.rows(count)
            mine: Any = keras.tree.map_structure(
                lambda one, rows=rows: one[rows], batch
            )
            yield self.filled(mine, count)


def spread(devices: Devices) -> Distribution | None:
    """Returns what to train on, in Keras's words; None is one device, as always.

    Args:
        devices: "all", a number of devices for each host, or a distribution of Keras's.
            All of them by default where processes were joined, or else one.

    Raises:
        InputError: They are not there, or the backend uses one.
    """
    if not isinstance(devices, Distribution):
        demand("fit", "devices", "str | int | None", devices)
    if devices is None:
        devices = ALL if hosts() > 1 else 1
    if devices == 1 and hosts() == 1:
        return None
    if (backend := keras.config.backend()) != "jax":
        refuse_backend(backend, f"devices={devices!r}")
    if isinstance(devices, Distribution):
        return _on_one_host(devices)
    names = _named(devices)
    if len(names) == 1:
        return None
    return DataParallel(devices=names, auto_shard_dataset=False)


def _named(devices: str | int) -> list[str]:
    """Returns as many devices of each host as were asked for."""
    if not isinstance(devices, int) and devices != ALL:
        _refuse_devices(devices, "a whole number")
    found = devices_of_hosts()
    fewest = min(map(len, found))
    count = fewest if devices == ALL else int(devices)
    if not 1 <= count <= fewest:
        kind = found[0][0].partition(":")[0]
        _refuse_devices(devices, f"1 to {fewest}, of kind {kind!r}")
    return [name for one in found for name in one[:count]]


def _refuse_devices(devices: Devices, here: str) -> Never:
    raise InputError(
        "Devices: so many are not there.",
        given=f"devices={devices!r}",
        needed=f'"all" is what each host has, and a number is {here}.',
        write='devices="all"',
        option="--devices all",
    )


def _on_one_host(given: Distribution) -> Distribution:
    if hosts() > 1:
        raise InputError(
            "Devices: a layout of one's own is for one host.",
            given=f"{type(given).__name__} in process {this_host()} of {hosts()}",
            needed="Several hosts share the batch, and each holds the whole network.",
            write='devices="all"',
            option="--devices all",
        )
    return given


def made_on(distribution: Distribution | None) -> AbstractContextManager[None]:
    """Returns the scope in which a network is made that one device may not hold.

    Args:
        distribution: What to train on. With data alone spread, the network is made as
            on one device, and is the same.
    """
    if distribution is None or isinstance(distribution, DataParallel):
        return nullcontext()
    return distribution.scope()


@contextmanager
def placed(
    network: keras.Model, first: Batch, distribution: Distribution | None
) -> Iterator[Share | None]:
    """Lays a compiled network out for `fit`, and takes it back to one device after it.

    Args:
        network: The network; its steps drop rows that fill a batch up.
        first: A batch, as the network would take it on one device.
        distribution: What to train on.

    Yields:
        This process's part of every batch; None where it takes them whole.
    """
    if distribution is None:
        yield None
        return
    prepare(network, first)
    moved = [one for one in _variables(network) if lay_out(one, distribution)]
    _forget(network)
    for name in _STEPS:
        setattr(network, name, _dropping(getattr(network, name)))
    try:
        with distribution.scope():
            yield _share(distribution)
    finally:
        for name in _STEPS:
            delattr(network, name)
        _forget(network)
        for one in moved:
            lay_out(one, None)


def _share(distribution: Distribution) -> Share:
    mesh, axis = distribution.device_mesh, distribution.batch_dim_name
    parts = mesh.shape[list(mesh.axis_names).index(axis)]
    here = parts // hosts()
    return Share(parts, this_host() * here, (this_host() + 1) * here)


def _variables(network: keras.Model) -> list[keras.Variable]:
    optimizer = network.optimizer
    every = (
        *network.variables,
        *network.non_trainable_variables,
        *network.metrics_variables,
        *(optimizer.variables if optimizer is not None else ()),
    )
    return list({id(one): one for one in every}.values())


def _forget(network: keras.Model) -> None:
    """Has Keras compile the steps anew: they know where variables lay."""
    for name in _FUNCTIONS:
        setattr(network, name, None)


def _dropping(step: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a step that drops the rows which only fill its batch up."""

    def stepped(state: Any, data: Batch) -> Any:
        *given, drop = data
        batch: Any = given
        if width := drop.shape[1]:
            batch = keras.tree.map_structure(lambda one: one[:-width], batch)
        return step(state, tuple(batch))

    return stepped


def outside(callbacks: list[Any]) -> list[Any]:
    """Returns callbacks that look at the network and write as on one device.

    Keras makes variables as it saves. Under a distribution all processes would have to
    make them, and only the first one writes.

    Args:
        callbacks: What is called while `fit` runs in `placed`.
    """
    if keras.distribution.distribution() is not None:
        for callback in callbacks:
            for name in _HOOKS:
                setattr(callback, name, _alone(getattr(callback, name)))
    return callbacks


def _alone(hook: Callable[..., None]) -> Callable[..., None]:
    def called(*given: Any, **named: Any) -> None:
        current = keras.distribution.distribution()
        keras.distribution.set_distribution(None)
        try:
            hook(*given, **named)
        finally:
            keras.distribution.set_distribution(current)

    return called


class StopTogether(keras.callbacks.Callback):
    """Stops all processes after the same step where SIGTERM told one of them to.

    JAX hears the signal in each process. Put it before what saves.

    Args:
        wishes: What is told of it.
    """

    def __init__(self, wishes: Wishes) -> None:
        super().__init__()
        self.wishes = wishes
        self.steps = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Asks the others."""
        self.steps += 1
        if asked_to_stop(self.steps):
            self.wishes.asked = signal.SIGTERM
