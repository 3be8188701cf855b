"""What a word stands for. Parts look here, and so know nothing of what is made of them.

`words.py` holds the table, and fills these when the first word is looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Literal

from keras_residual.common.errors import ResidualError

ShortcutWord = Literal[
    "auto",
    "blur_pool",
    "crop",
    "factorized_reduction",
    "identity",
    "max_pool",
    "none",
    "pooled_projection",
    "projection",
    "space_to_depth",
    "zero_pad",
]
NormWord = Literal["batch", "group", "layer", "rms"]
MergeWord = Literal[
    "add",
    "average",
    "concatenate",
    "fusion",
    "gate",
    "gru_gate",
    "multiply",
    "shake_shake",
    "two_gates",
]
ActivationWord = Literal[
    "celu",
    "elu",
    "exponential",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]
_Part = Callable[..., Any] | list[Any] | tuple[Any, ...] | None
ShortcutSlot = ShortcutWord | _Part
NormSlot = NormWord | _Part
PartSlot = ActivationWord | ShortcutWord | NormWord | _Part

PARTS: dict[str, Any] = {}
ACTIVATIONS: dict[str, Any] = {}
MERGES: dict[str, Any] = {}


def part_named(word: str) -> Any:
    """Returns the part that a word stands for.

    Raises:
        ResidualError: There is no such part.
    """
    _fill()
    known = PARTS | ACTIVATIONS
    if word in known:
        return known[word]
    rest = " and the names of Keras activations"
    raise _unknown("part", word, known, ", ".join(map(repr, PARTS)) + rest)


def merge_named(word: str) -> Any:
    """Returns the merge that a word stands for.

    Raises:
        ResidualError: There is no such merge.
    """
    _fill()
    if word in MERGES:
        return MERGES[word]
    raise _unknown("merge", word, MERGES, ", ".join(map(repr, MERGES)))


def _fill() -> None:
    import_module("keras_residual.compose.words")


def _of_maker(word: str) -> ResidualError:
    """Returns the error of a word for a part that takes arguments."""
    return ResidualError(
        f"There is no part {word!r}.",
        needed=f"kr.parts.{word} makes one, and has to be called.",
        write=f"kr.parts.{word}(...)",
    )


_SIGNS = {"+": ["add"], "*": ["multiply"], "sum": ["add"], "concat": ["concatenate"]}


def _unknown(kind: str, word: str, known: dict[str, Any], words: str) -> ResidualError:
    near = get_close_matches(word.lower(), known, n=3) or _SIGNS.get(word, [])
    made = import_module("keras_residual.compose.parts").__all__
    if kind == "part" and word in made:
        return _of_maker(word)
    return ResidualError(
        f"There is no {kind} {word!r}.",
        needed=f"Words for a {kind} are {words}.\n"
        f"Any Keras layer or function can be a {kind}, too.",
        write=" or ".join(map(repr, near)),
    )
