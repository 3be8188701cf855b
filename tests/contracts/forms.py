"""What the tests know of published forms beyond their rows."""

from collections.abc import Callable
from typing import Any

import keras

import keras_residual as kr
from keras_residual.compose.forms import Form

_KEY = (
    r"\bkey/bias|_key/bias",
    "it moves all scores of a query alike: softmax sees none of it",
)
SILENT: dict[str, tuple[str, str]] = {
    "connections.hyper": (
        r"read\d/(gain|(read|write)_scale)",
        "what depends on the stream is multiplied with kernels of zero",
    ),
    "connections.fractional": (
        r"read\d/(gain|(read|write)_scale)",
        "as for hyper-connections",
    ),
    "connections.attention": (r"gain", "the queries are zero"),
    "connections.attention, block": (r"gain", "the queries are zero"),
    "connections.gated": (r"down", "the gates' last kernel is zero"),
    "connections.laurel, LR and PA": (
        r"down|history",
        "the low-rank maps end in zeros",
    ),
    "connections.mudd": (r"inner", "the last kernel is zero"),
    "connections.mudd, four ways": (
        rf"inner|{_KEY[0]}",
        f"the last kernel is zero; {_KEY[1]}",
    ),
    "connections.mhc": (r"res_bias", "the lanes start alike: mixing changes nothing"),
    "connections.mhc, permutations": (r"res_bias", "as for mhc"),
    "blocks.macaron": _KEY,
    "blocks.parallel_transformer": _KEY,
    "blocks.transformer": _KEY,
    "parts.attention": _KEY,
    "parts.attention, SubLN": _KEY,
    "parts.attention, grouped queries": _KEY,
    "parts.value_residual": _KEY,
    "parts.value_residual, shared": _KEY,
    "blocks.inverted_residual": (
        r"branch_norm1/gamma",
        "the norm after the depthwise convolution divides by what it multiplies with",
    ),
    "blocks.mobileone": (
        r"shortcut_parallel1_path1_depthwise1/kernel",
        "it is one number a channel, and the norm after it divides by that",
    ),
    "blocks.shufflenet_v2": (
        r"branch_norm1/gamma|norm2/beta",
        "a norm after what reads it divides by it, or subtracts what it adds",
    ),
    "parts.scale, ReZero": (
        r"branch_conv",
        "the branch is multiplied with zero, and only the number moves",
    ),
    "parts.tanh_gate": (
        r"branch_conv",
        "the branch is multiplied with zero, and only the number moves",
    ),
    "parts.adaln_zero": (
        r"branch_conv|condition_dense[12]",
        "the branch is multiplied with a gate of zero, and only that moves",
    ),
    "parts.norm, zero gamma": (
        r"branch_conv",
        "the norm multiplies with zero, and only its own weights move",
    ),
    "parts.scale, LayerScale": (
        r"branch_conv",
        "the branch is multiplied with a millionth",
    ),
    "parts.scale, SkipInit": (
        r"branch_conv",
        "the branch is multiplied with zero, and only the number moves",
    ),
    "blocks.nf": (
        r"branch_conv",
        "the branch is multiplied with zero, and only the number moves",
    ),
    "shortcuts.low_rank": (
        r"shortcut_conv1",
        "what follows it starts at zero, and so only that moves",
    ),
}
"""The weights of a form that have no gradient before the first step, and why."""

ARGUED = {
    "blocks.gcnii": "KR102",  # its shortcut is 1 - beta, and a matrix nearly the rest
    "blocks.inception_time": "KR101",  # its branch ends in a ReLU, as published
    "blocks.macaron": "KR107",  # a network has one more norm, behind all its blocks
    "blocks.mixer": "KR107",  # so does this one
    "blocks.tcn": "KR101",  # its branch ends in a ReLU, as published
    "blocks.time_series": "KR102 KR502",  # a norm is its shortcut
    "blocks.transformer": "KR107",  # so does this one
    "blocks.bottleneck, v1": "KR205 KR206",  # its strides are the paper's
    "blocks.mobileone": "KR102",  # the norm of the input is one of the sum
    "blocks.repvgg": "KR102",  # as mobileone
    "blocks.resunet_level": "KR205",  # pre-activation blocks that stride
    "blocks.res2net": "KR101",  # what one share became is added to the next
    "shortcuts.projection": "KR204 KR205",  # a strided 1x1, and a bias
    "shortcuts.zero_pad": "KR204",  # it takes every second position
    "shortcuts.zero_pad, around": "KR204",
    "blocks.preactivation, projected": "KR205",  # the same
    "blocks.nf, strided": "KR205",  # the same
    "parts.norm, as a shortcut": "KR102",  # all that it is
    "parts.value_residual": "KR107",  # as blocks.transformer
    "parts.value_residual, shared": "KR107",
    "parts.scale, ResScale": "KR102",
    "parts.scale, variance preserving": "KR102",
}
"""The rules that a form breaks as it was published, by its name."""


COUNTED = {"blocks.mixer", "blocks.res_mlp", "connections.mixture_of_depths"}
"""What has a weight for each step, or a share of them, and so refuses to guess them."""


def form_of(form: Form) -> Callable[[], Any]:
    """Returns what makes the part that a row's code says."""
    return lambda: eval(form.code, {"kr": kr, "keras": keras})  # noqa: S307
