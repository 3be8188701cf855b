"""Brings values to their own scale, in double precision, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_residual.train.data import Source

SAMPLE = 2_048  # examples that mean and deviation are taken from, but for a table
CHUNK = 64
TINY, HUGE = 1e-6, 1e18  # within them Keras's Normalization is exact in float32
LEAST = float(np.finfo(np.float32).smallest_normal)  # less is zero to a processor
STEPS = 2.0**-22  # of the largest value: what varies by less is rounding


@dataclass(frozen=True, eq=False)
class Normaliser:
    """Mean and standard deviation of each channel, feature or target.

    What never changes has no scale of its own: it counts in units of its own size.

    Args:
        mean: In float64.
        deviation: In float64, above zero.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def of(cls, source: Source) -> Normaliser:
        """Takes the scale of the examples of a source.

        Args:
            source: Examples; 2,048 evenly spaced ones at most are read, of tables all.
        """
        return cls._over(source.shape[-1], _chunks(source))

    @classmethod
    def of_targets(cls, targets: NDArray) -> Normaliser:
        """Takes the scale of what is to be answered.

        Args:
            targets: A row an example.
        """
        return cls._over(targets.shape[-1], iter([targets.astype(np.float64)]))

    @classmethod
    def _over(cls, width: int, chunks: Iterator[NDArray]) -> Normaliser:
        # Chan, Golub and LeVeque 1983: squares are taken about a mean near them, so
        # that nothing cancels where an offset is large.
        count, mean, squares, size = 0, *np.zeros((3, width))
        for values in chunks:
            some, here = len(values), values.mean(0)
            off = here - mean
            squares = squares + np.square(values - here).sum(0)
            squares += np.square(off) * count * some / (count + some)
            count += some
            mean = mean + off * some / count
            size = np.maximum(size, np.abs(values).max(0))
        deviation = np.sqrt(squares / count)
        varies = deviation > np.maximum(size * STEPS, LEAST)
        own = np.where(size > LEAST, size, 1.0)
        return cls(mean, np.where(varies, deviation, own))

    def normalize(self, values: NDArray) -> NDArray[np.float32]:
        """Returns values in deviations from the mean.

        Args:
            values: A row an example.
        """
        centred = values.astype(np.float64) - self.mean
        return (centred / self.deviation).astype(np.float32)

    def normal(self, tensor: Any) -> Any:
        """Adds Keras's own layers that bring raw values to mean 0 and deviation 1.

        Args:
            tensor: Raw values.
        """
        power = self._power()
        if (power != 1).any():
            tensor = keras.ops.multiply(tensor, (1 / power).astype(np.float32))
        return keras.layers.Normalization(
            axis=-1, name="normalize", **self._in_units_of(power)
        )(tensor)

    def raw(self, tensor: Any) -> Any:
        """Adds Keras's own layers that bring deviations back to the data's units.

        Args:
            tensor: Deviations from the mean.
        """
        power = self._power()
        tensor = keras.layers.Normalization(
            axis=-1, name="in_units", invert=True, **self._in_units_of(power)
        )(tensor)
        if (power != 1).any():
            tensor = keras.ops.multiply(tensor, power.astype(np.float32))
        return tensor

    def _power(self) -> NDArray[np.float64]:
        # A power of two: nothing is rounded. Keras takes a variance, in float32, whose
        # square root it holds above 1e-7.
        ordinary = (self.deviation > TINY) & (self.deviation < HUGE)
        exponent = np.clip(np.floor(np.log2(self.deviation)), -126, 126)
        return np.where(ordinary, 1.0, np.exp2(exponent))

    def _in_units_of(self, power: NDArray[np.float64]) -> dict[str, Any]:
        variance = np.square(self.deviation / power)
        return {"mean": (self.mean / power).tolist(), "variance": variance.tolist()}


def sizes_beside(network: keras.Model) -> Callable[[NDArray], NDArray] | None:
    """Returns what tells how large values are beside those of a network's training.

    It takes examples, and returns a number for each channel or feature: 1 for values
    that go as far from 0 as those of the training within two deviations.

    Args:
        network: What `make_network` returned, or its saved file loaded.

    Returns:
        None where the network does not normalise its values.
    """
    normal = [layer for layer in network.layers if layer.name == "normalize"]
    if not normal:
        return None
    scaled = keras.Model(network.input, normal[0].output)

    def sizes(values: NDArray) -> NDArray:
        some = np.asarray(scaled.predict_on_batch(np.asarray(values, np.float32)))
        zero = np.asarray(scaled.predict_on_batch(np.zeros_like(some[:1])))
        far = np.abs(some - zero).max(axis=tuple(range(some.ndim - 1)))
        return far / (np.abs(zero).reshape(-1, zero.shape[-1])[0] + 2)

    return sizes


def _chunks(source: Source) -> Iterator[NDArray[np.float64]]:
    count, width = len(source.labels), source.shape[-1]
    table = len(source.shape) == 1
    most, together = (count, CHUNK * CHUNK) if table else (min(count, SAMPLE), CHUNK)
    numbers = np.unique(np.linspace(0, count - 1, most).astype(np.int64))
    for some in np.array_split(numbers, max(1, len(numbers) // together)):
        yield source.batch(some).astype(np.float64).reshape(-1, width)
