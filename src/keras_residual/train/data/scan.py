"""Looks at every picture before training, so that none stops the run half-way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from keras_residual.common.errors import ForeignError
from keras_residual.common.terminal import plain
from keras_residual.common.wording import counted
from keras_residual.train.data.pictures import Conversion, Look, look_at

Watch = Callable[[int, int], None]
CHUNK = 512  # pictures between two calls of `watch`
THREADS = 4
STRETCHED = 4  # times the range of nearly all pixels
SAYS = {
    "turned": "turned upright, as their EXIF tag says",
    "cmyk": "converted from CMYK to red, green and blue",
    "animated": "animated; the first frame is read",
    "narrowed": "in colours of 16 bits, of which the upper 8 are read",
}


@dataclass
class Scan:
    """What a look at every picture found.

    Args:
        sizes: Height and width of each readable picture, in pixels.
        bad: Number of each unreadable picture, and its path with the reason.
        grey: Whether all readable pictures are grey.
        traits: How many pictures have to be converted, by trait.
        levels: Smallest and largest values of the pictures of 16 bits, as `Look` has
            them.
        upper: The largest value in colours of 16 bits that are cut to 8; -1 if none.
        digests: Number of each readable picture, and a hash of its pixels.
        kinds: Of each readable picture, as `Look` has it.
    """

    sizes: list[tuple[int, int]] = field(default_factory=list)
    bad: dict[int, str] = field(default_factory=dict)
    grey: bool = True
    traits: Counter[str] = field(default_factory=Counter)
    levels: list[tuple[int, ...]] = field(default_factory=list)
    upper: int = -1
    digests: dict[int, bytes] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)

    def side(self) -> int:
        """Returns the median of the pictures' longer sides."""
        return int(np.median([max(size) for size in self.sizes]))

    def conversion(self, background: str | None) -> Conversion:
        """Returns how these pictures become bytes of one kind.

        Args:
            background: What transparent ones are laid on. White by default.
        """
        ground = background or "white"
        if not self.levels:
            return Conversion(ground)
        low, high, inner_low, inner_high = np.array(self.levels).T
        outer = int(low.min()), int(high.max())
        inner = int(inner_low.min()), int(inner_high.max())
        # A dead pixel, or one that shines, must not leave the others a few levels.
        faulty = STRETCHED * (inner[1] - inner[0]) < outer[1] - outer[0]
        return Conversion(ground, inner if faulty and inner[0] < inner[1] else outer)

    def notes(self, how: Conversion, side: int) -> Iterator[str]:
        """Says what is converted.

        Args:
            how: The conversion.
            side: Height and width in pixels of the converted pictures.
        """
        if set(self.sizes) != {(side, side)}:
            yield f"pictures are resized to {side} × {side}"
        if clear := self.traits["transparent"]:
            yield (
                f"{counted(clear, 'transparent picture')} laid on {how.background} "
                "(--background)"
            )
        if self.levels:
            yield self._depths(how)
        for trait, said in SAYS.items():
            if count := self.traits[trait]:
                yield f"{counted(count, 'picture')} {said}"
        if copies := len(self.digests) - len({*self.digests.values()}):
            yield f"{counted(copies, 'picture')} with the same pixels as another one"

    def _depths(self, how: Conversion) -> str:
        low, high = how.levels
        deep = counted(len(self.levels), "picture")
        said = f"{deep} of 16 bits: values from {low} to {high} become 0 to 255"
        least, most = (
            min(a for a, *_ in self.levels),
            max(b for _, b, *_ in self.levels),
        )
        if (least, most) != (low, high):
            said += f", and few pixels from {least} to {most} are cut off"
        if others := len(self.sizes) - len(self.levels):
            said += f"; {others:,} of 8 bits stay as they are"
        return said


def scan(paths: NDArray[np.str_], watch: Watch | None = None) -> Scan:
    """Decodes every picture once.

    Args:
        paths: The files.
        watch: Called with the number of pictures seen and their total.
    """
    found = Scan()
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(paths), CHUNK):
            some = paths[start : start + CHUNK].tolist()
            for number, seen in enumerate(pool.map(_look, some), start):
                _add(found, number, seen)
            if watch:
                watch(start + len(some), len(paths))
    return found


def _look(path: str) -> Look | str:
    try:
        return look_at(path)
    except (OSError, ForeignError) as error:
        reason = str(error).replace(f"'{path}'", "").strip() or type(error).__name__
        return plain(f"{path}: {reason}")  # it goes into recipe.json


def _add(found: Scan, number: int, seen: Look | str) -> None:
    if isinstance(seen, str):
        found.bad[number] = seen
        return
    found.sizes.append(seen.size)
    found.grey &= seen.grey
    found.traits.update(seen.traits)
    found.digests[number] = seen.digest
    found.kinds.append(seen.kind)
    if seen.levels:
        found.levels.append(seen.levels)
    if seen.upper is not None:
        found.upper = max(found.upper, seen.upper)
