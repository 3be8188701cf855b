"""The number of samples that an ONNX graph takes."""

from __future__ import annotations

from typing import Any


def fix_batch(proto: Any, batch_size: int | None) -> None:
    """Writes the number of samples into a graph that takes any.

    Args:
        proto: An `onnx.ModelProto`; it is changed.
        batch_size: Samples in a batch; none leaves the graph as it is.
    """
    if batch_size is None:
        return
    firsts = [entry.type.tensor_type.shape.dim[0] for entry in proto.graph.input]
    symbols = {first.dim_param for first in firsts if first.dim_param}
    for entry in proto.graph.output:
        sizes = entry.type.tensor_type.shape.dim
        firsts += [size for size in sizes if size.dim_param in symbols]
    for first in firsts:
        first.dim_value = batch_size
