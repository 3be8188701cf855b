"""Padding in an ONNX graph, done by the convolution or the pool that reads it."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_residual.files.export.onnx_graph.wires import Wires, settings_of, tidy


def fold_pads(graph: Any) -> None:
    """Lets convolutions and pools pad by themselves what a node before them pads.

    That node copies the whole picture. It may stand before a transposition, too. A pool
    pads with less than any number, which behind a rectifier is the same as zeros.

    Args:
        graph: An `onnx.GraphProto`; it is changed.
    """
    wires = Wires(graph)
    for node in graph.node:
        if node.op_type in ("Conv", "MaxPool"):
            _fold(wires, node)
    tidy(graph)


def _fold(wires: Wires, node: Any) -> None:
    """Takes over from the node that pads for this one, where this one can do it."""
    reader, order = node, None
    turned = wires.own(node.input[0], "Transpose")
    if turned is not None:
        reader, order = turned, settings_of(turned).get("perm")
    pad = wires.own(reader.input[0], "Pad")
    if pad is None or not _takes(wires, node, pad):
        return
    amounts = _amounts(wires, pad)
    if amounts is None:
        return
    both = _together(node, amounts if order is None else amounts[:, order])
    if both is not None:
        _set_pads(node, both)
        reader.input[0] = pad.input[0]


def _takes(wires: Wires, node: Any, pad: Any) -> bool:
    """Says whether a node pads with the same, or it does not matter to it."""
    if settings_of(node).get("auto_pad", b"NOTSET") != b"NOTSET":
        return False
    value = [*pad.input, ""][2]
    filled = wires.numbers(value) if value else np.zeros(1)
    if filled is None:
        return False
    zeros = not filled.any()
    if node.op_type == "Conv":
        return zeros
    positive = wires.maker(pad.input[0], "Relu") is not None
    lowest = bool(np.isneginf(filled).all())
    return len(node.output) == 1 and (lowest or (zeros and positive))


def _amounts(wires: Wires, pad: Any) -> np.ndarray | None:
    """Returns how many numbers stand before and behind each axis, if it is known."""
    _, amounts, _, axes = [*pad.input, "", ""][:4]
    if axes or settings_of(pad).get("mode", b"constant") != b"constant":
        return None
    found = wires.numbers(amounts)
    return None if found is None else found.reshape(2, -1)


def _together(node: Any, amounts: np.ndarray) -> np.ndarray | None:
    """Returns what a node then pads each size by, unless it cannot."""
    settings = settings_of(node)
    sizes = amounts[:, 2:]
    if amounts[:, :2].any() or (sizes < 0).any():
        return None  # batch or channels, or a crop
    both = sizes + np.reshape(settings.get("pads", np.zeros_like(sizes)), sizes.shape)
    if node.op_type == "MaxPool":
        spread = any(step > 1 for step in settings.get("dilations", ()))
        if spread or (both >= settings["kernel_shape"]).any():
            return None  # a window of padding alone
    return both


def _set_pads(node: Any, pads: np.ndarray) -> None:
    from onnx import helper

    kept = [a for a in node.attribute if a.name != "pads"]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute("pads", pads.ravel().tolist())])
