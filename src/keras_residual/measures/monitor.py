"""Measures a network while it is trained."""

from __future__ import annotations

import json
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import keras

from keras_residual._keras import batches_seen
from keras_residual.common.extras import extra
from keras_residual.common.files import append
from keras_residual.compose.arguments import Count, checked
from keras_residual.measures.accumulator import Accumulator, choose
from keras_residual.measures.batches import Batch, batches
from keras_residual.measures.column import Column, Columns, ColumnWord
from keras_residual.measures.reading import read_with
from keras_residual.measures.table import Table

FILE = "residual_units.jsonl"


class ResidualMonitor(keras.callbacks.Callback):
    """Measures the residual units every few steps of `fit`, on a fixed probe batch.

    It shows what a loss curve hides: a branch that dies, a stream that grows, a unit
    that starts to work late. The training step is left as it is.

    Args:
        data: The probe, as `measure` takes it; 32 to 64 examples are enough.
        every: Steps between two readings. The first reading is taken before training.
        columns: As `measure` takes them. By default the cheap ones that need no labels.
        log_dir: A folder; a line of JSON a reading is added to `residual_units.jsonl`
            there. By default readings are kept in `history` alone.
        tensorboard: A folder that TensorBoard shows; each number becomes a scalar named
            `column/unit`. By default none is written.
        loss: As `measure` takes it.

    Attributes:
        history: A dictionary a reading: `"step"`, and for each column a dictionary from
            a unit's path to its number, None where there is none.

    Raises:
        ResidualError: A column is unknown, or `every` is less than 1.
        PackageError: `tensorboard` is given, and its package is not installed.

    Examples:
        >>> x = keras.Input((8,), name="x")
        >>> y = keras.layers.Add(name="add")([x, keras.layers.Dense(8)(x)])
        >>> model = keras.Model(x, y)
        >>> model.compile("sgd", "mse")
        >>> data = np.ones((32, 8), "float32")
        >>> monitor = kr.ResidualMonitor(data[:4], every=2, columns=["ratio"])
        >>> _ = model.fit(data, data, batch_size=8, verbose=0, callbacks=[monitor])
        >>> [reading["step"] for reading in monitor.history]
        [0, 2, 4]
    """

    @checked
    def __init__(
        self,
        data: Any,
        *,
        every: Count = 100,
        columns: Columns | ColumnWord | None = None,
        log_dir: str | PathLike[str] | None = None,
        tensorboard: str | PathLike[str] | None = None,
        loss: Any = None,
    ) -> None:
        super().__init__()
        self.history: list[dict[str, Any]] = []
        self._data, self._every, self._loss = data, every, loss
        self._columns: tuple[Column, ...] = choose(columns)
        self._folder = None if log_dir is None else Path(log_dir)
        self._tensorboard = tensorboard
        self._scalars = None if tensorboard is None else Scalars(tensorboard)
        self._accumulator: Accumulator | None = None
        self._probe: list[Batch] = []
        self._step = self._in_epoch = 0

    def on_train_begin(self, logs: Any = None) -> None:
        network: Any = self.model
        names = [column.name for column in self._columns]
        analysis, self._data = read_with(network, self._data)
        self._accumulator = Accumulator(analysis, names, self._loss)
        if not self._probe:
            self._probe = list(batches(self._accumulator.graph, self._data, size=64))
        self._step = self._done()
        if self._scalars is None and self._tensorboard is not None:
            self._scalars = Scalars(self._tensorboard)  # fit is called again
        self._read()

    def on_train_end(self, logs: Any = None) -> None:
        if self._scalars is not None:
            self._scalars.close()
            self._scalars = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._in_epoch = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        before, done = self._step, self._done()
        # A training step of one's own may leave the model's optimizer alone.
        self._step = done if done > before else before + batch + 1 - self._in_epoch
        self._in_epoch = batch + 1
        if before // self._every < self._step // self._every:
            self._read()

    def _done(self) -> int:
        """Returns the batches that the optimizer has seen.

        With `steps_per_execution` Keras numbers batches in whole executions, and counts
        on where the last one of an epoch has fewer.
        """
        optimizer: Any = getattr(self.model, "optimizer", None)
        return 0 if optimizer is None else batches_seen(optimizer)

    def _read(self) -> None:
        assert self._accumulator is not None  # noqa: S101  made as training began
        if keras.backend.backend() == "jax":
            network: Any = self.model
            network.jax_state_sync()  # the weights lie elsewhere while fit runs
        self._accumulator.clear()
        for batch in self._probe:
            self._accumulator.take(batch)
        columns = _by_column(self._accumulator.table())
        reading = {"step": self._step, **columns}
        self.history.append(reading)
        if self._scalars is not None:
            self._scalars.write(self._step, columns)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            append(self._folder / FILE, json.dumps(reading) + "\n")


def _by_column(table: Table) -> dict[str, dict[str, float | None]]:
    rows = table.to_dict()["rows"]
    return {name: {row["unit"]: row[name] for row in rows} for name in table.columns}


class Scalars:
    """Writes readings to a folder that TensorBoard shows.

    A column is a group, a unit a curve in it: `ratio/stage1_block1_add`.

    Args:
        folder: The folder.

    Raises:
        PackageError: TensorBoard is not installed.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        with extra("tensorboard", f"ResidualMonitor(tensorboard={fspath(folder)!r})"):
            from tensorboard.summary import Writer
        self._writer = Writer(fspath(folder))

    def write(self, step: int, columns: dict[str, dict[str, Any]]) -> None:
        """Adds the numbers of one reading.

        Args:
            step: The training step.
            columns: For each column the numbers by unit; None is left out.
        """
        for column, numbers in columns.items():
            for unit, number in numbers.items():
                if number is not None:
                    self._writer.add_scalar(f"{column}/{unit}", number, step)
        self._writer.flush()

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()
