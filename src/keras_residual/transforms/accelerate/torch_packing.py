"""A kernel a second time, in the order in which oneDNN computes with it.

A convolution re-orders its kernel at each call; for one picture and a network like
ResNet-50 that is a quarter of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from keras_residual.transforms.accelerate.torch_kernels import native_kernel


class Packed:
    """The kernel of a convolution, packed anew when it, or what is read, changed.

    The order is the one for a size of batch and picture. For another it is right, too,
    but oneDNN would re-order it at each call.

    Args:
        layer: A Keras convolution of pictures.
    """

    def __init__(self, layer: Any) -> None:
        self._layer = layer
        self._key: Any = None
        self._kernel: Any = None

    def convolve(self, x: Any, bias: Any, sides: Sequence[int]) -> Any:
        """Computes the convolution, past autograd.

        Args:
            x: What it reads, channels in the second place.
            bias: Its bias, or nothing.
            sides: Zeros on either side of each axis of space.
        """
        layer = self._layer
        kernel, value = native_kernel(layer), layer.kernel.value
        groups = x.shape[1] // kernel.shape[1]
        steps = sides, layer.strides, layer.dilation_rate, groups
        key = value.data_ptr(), value._version, x.shape
        if key != self._key:
            self._kernel, self._key = _pack(kernel, *steps, x.shape), key
        convolution = torch.ops.mkldnn._convolution_pointwise
        return convolution(x, self._kernel, bias, *steps, "none", [], "")


def packed(layer: Any) -> Packed | None:
    """Returns a packed kernel, or nothing where this PyTorch has none.

    Args:
        layer: A Keras convolution.
    """
    value = layer.kernel.value
    fits = value.ndim == 4 and value.dtype == torch.float32
    here = value.device.type == "cpu" and torch.backends.mkldnn.is_available()
    known = hasattr(torch.ops.mkldnn, "_convolution_pointwise")
    return Packed(layer) if fits and here and known else None


def _pack(kernel: Any, *rest: Any) -> Any:
    return torch.ops.mkldnn._reorder_convolution_weight(kernel, *rest)
