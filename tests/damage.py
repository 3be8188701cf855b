"""Damages files at random, the same way each time."""

import random


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Flips bits, cuts the end off, or writes a piece to another place."""
    changed, kind = bytearray(data), chance.randrange(4)
    if kind == 0:
        return data[: chance.randrange(len(data))]
    if kind == 1:
        start, size = chance.randrange(len(data)), chance.randrange(1, 64)
        to = chance.randrange(len(data))
        changed[to : to + size] = data[start : start + size]
    else:
        for _ in range(chance.choice([1, 1, 8])):
            changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)
