"""A convolution with a large kernel on few pixels, as a product of matrices.

oneDNN re-orders a kernel at each call, on the way forward and twice on the way back.
Where it is larger than what it is multiplied by, that is most of the time. Matrices it
takes as they lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as tnn

from keras_residual.transforms.accelerate.patches import readers, windows

_LARGE = 1 << 18  # numbers in a kernel: below, the gain is lost in the calls
_FEW = 256  # pixels of all results: above, the convolution is as fast


def pays(x: Any, kernel: Any, strides: Sequence[int], sides: Sequence[int]) -> bool:
    """Says whether a convolution is faster as a product.

    Args:
        x: What it reads, channels in the second place.
        kernel: Its kernel in PyTorch's order of axes; it has neither gaps nor groups.
        strides: How far it moves along both axes of space.
        sides: Zeros on either side of both.
    """
    if kernel.numel() < _LARGE or not _by_matrices(x, kernel):
        return False
    axes = zip(x.shape[2:], kernel.shape[2:], strides, sides, strict=True)
    rows, columns = [(n + 2 * side - k) // step + 1 for n, k, step, side in axes]
    return 0 < len(x) * rows * columns <= _FEW


def _by_matrices(x: Any, kernel: Any) -> bool:
    return (
        hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and torch.backends.mkldnn.is_available()
        and x.device.type == kernel.device.type == "cpu"
        and x.dtype == kernel.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and _last(x).is_contiguous()
        and _last(kernel).is_contiguous()
    )


def convolve(
    x: Any, kernel: Any, bias: Any, strides: Sequence[int], sides: Sequence[int]
) -> Any:
    """Computes the convolution.

    Args:
        x: What it reads, channels in the second place.
        kernel: Its kernel in PyTorch's order of axes.
        bias: Its bias, or nothing.
        strides: How far it moves along both axes of space.
        sides: Zeros on either side of both.
    """
    patches = _patches(_last(x), tuple(kernel.shape[2:]), tuple(strides), tuple(sides))
    matrix = _last(kernel).reshape(len(kernel), -1)
    out = _Product.apply(patches.reshape(-1, matrix.shape[1]), matrix)
    out = out if bias is None else out + bias
    return out.view(*patches.shape[:3], -1).permute(0, 3, 1, 2)


def _last(x: Any) -> Any:
    return x.permute(0, 2, 3, 1)


def _patches(x: Any, size: tuple, strides: tuple, sides: tuple) -> Any:
    if size == (1, 1) and sides == (0, 0):
        down, right = strides
        return x[:, ::down, ::right]
    taps, back, (rows, columns) = _tables(tuple(x.shape[1:3]), size, strides, sides)
    gathered = _Gather.apply(x.flatten(1, 2), taps, back)
    return gathered.view(len(x), rows, columns, -1)


@lru_cache(maxsize=256)
def _tables(space: tuple, size: tuple, strides: tuple, sides: tuple) -> tuple:
    taps = windows(space, size, strides, [(side, side) for side in sides])
    back = readers(taps, space[0] * space[1])
    flat = torch.from_numpy(taps.reshape(-1).copy())
    return flat, torch.from_numpy(back), taps.shape[:2]


class _Gather(torch.autograd.Function):
    """Copies pixels to where they are read; the gradient copies their readers' back."""

    generate_vmap_rule = True

    @staticmethod
    def forward(pixels: Any, taps: Any, back: Any) -> Any:
        return _and_zeros(pixels).index_select(1, taps)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        _, *ctx.tables = inputs

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:
        _, back = ctx.tables
        terms = _and_zeros(slopes[0]).index_select(1, back.reshape(-1))
        return terms.unflatten(1, back.shape).sum(2), None, None

    @staticmethod
    def jvp(ctx: Any, *slopes: Any) -> Any:
        return _and_zeros(slopes[0]).index_select(1, ctx.tables[0])


def _and_zeros(pixels: Any) -> Any:
    return tnn.pad(pixels, (0, 0, 0, 1))


class _Product(torch.autograd.Function):
    """Multiplies by a transposed matrix, in oneDNN."""

    generate_vmap_rule = True

    @staticmethod
    def forward(rows: Any, matrix: Any) -> Any:
        return _multiply(rows, matrix)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:
        (slope,), (rows, matrix) = slopes, ctx.saved_tensors
        if torch.is_grad_enabled():  # of a gradient's gradient oneDNN knows nothing
            return slope @ matrix, slope.T @ rows
        for_rows, for_matrix = ctx.needs_input_grad
        slope = slope.contiguous()
        return (
            _multiply(slope, matrix.T) if for_rows else None,
            _multiply(_turned(slope), _turned(rows)) if for_matrix else None,
        )

    @staticmethod
    def jvp(ctx: Any, *slopes: Any) -> Any:
        (rows, matrix), (for_rows, for_matrix) = ctx.saved_tensors, slopes
        terms = []
        if for_rows is not None:
            terms.append(for_rows @ matrix.T)
        if for_matrix is not None:
            terms.append(rows @ for_matrix.T)
        return sum(terms)


def _multiply(left: Any, right: Any) -> Any:
    return torch.ops.mkldnn._linear_pointwise(left, right, None, "none", [], "")


def _turned(matrix: Any) -> Any:
    return matrix.T.contiguous()
