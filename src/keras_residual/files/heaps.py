"""Where HDF5 keeps its texts: heaps, which its library walks without an end in sight.

A piece of a heap says how long it is. Where one says zero, the library that reads a
text beside it goes on for ever. So they are walked here first.

Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, III.E.
"""

from __future__ import annotations

import re

from keras_residual.common.errors import ForeignError
from keras_residual.files.kinds import HDF5

_HEAP = re.compile(rb"GCOL\x01")
_HEADER = 16  # bytes, of a heap and of each piece in it
# Where the superblock says how long its addresses and lengths are, by its version.
_WIDTHS, _NEWER = 13, 9
_EIGHT = b"\x08\x08"


def check_heaps(data: memoryview) -> None:
    """Refuses heaps that do not end where they say, before HDF5 reads a text.

    Args:
        data: An HDF5 file, whole.

    Raises:
        OSError: It does not begin as one.
        ForeignError: A heap is damaged, or lies in another.
    """
    head = bytes(data[:_HEADER])
    if not head.startswith(HDF5) or len(head) < _HEADER:
        raise OSError("an HDF5 file begins with its signature")
    at = _WIDTHS if head[len(HDF5)] < 2 else _NEWER
    if head[at : at + 2] != _EIGHT:
        raise ForeignError("addresses and lengths of other than 8 bytes")
    left = len(data) // _HEADER
    for match in _HEAP.finditer(data):
        left -= _pieces(data, match.start())
        if left < 0:
            raise ForeignError("heaps of texts that lie in each other")


def _pieces(data: memoryview, start: int) -> int:
    """Walks through a heap, and returns how many pieces it is made of."""
    end, at, count = start + _number(data, start + 8), start + _HEADER, 1
    while at + _HEADER <= end <= len(data):
        size, free = _number(data, at + 8), not any(data[at : at + 2])
        at += size if free else _HEADER + -(-size // 8) * 8
        count += 1
        if (free and size < _HEADER) or at > end:
            break
    else:
        if at <= end <= len(data):
            return count
    raise ForeignError(f"a heap of texts at byte {start} that is not whole")


def _number(data: memoryview, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")
