"""Squeeze-and-excitation at the end of each branch."""

from __future__ import annotations

from typing import Any

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.compose.axes import channel_axis
from keras_residual.graph.kinds import kind_of
from keras_residual.transforms.preconditions import NotApplicable
from keras_residual.transforms.rewire.rules.surgery import Surgery, branch_of, reread
from keras_residual.transforms.rewritten import Change, Left

_POOLS: dict[int, Any] = {
    3: keras.layers.GlobalAveragePooling1D,
    4: keras.layers.GlobalAveragePooling2D,
    5: keras.layers.GlobalAveragePooling3D,
}


def excitation(surgery: Surgery, ratio: int) -> None:
    """Lets each branch weigh its channels by what all positions hold.

    It stands before the dropouts and scales at the end of the branch.

    Args:
        surgery: The model.
        ratio: How many channels there are for each number in the middle; 16 in the
            paper.

    Raises:
        ResidualError: The ratio is not a positive whole number.

    Reference:
        Hu et al., Squeeze-and-Excitation Networks, 2017, equations 2 to 4,
        https://arxiv.org/abs/1709.01507.
    """
    if not isinstance(ratio, int) or ratio < 1:
        raise ResidualError(
            "replace: squeeze-and-excitation has no such ratio.",
            given=f"se={ratio!r}",
            needed="The channels are divided by it: it is a whole number, 1 or more.",
            write="se=16",
        )
    for unit in surgery.units:
        try:
            branch = branch_of(surgery.draft, unit)
            draft, value, after = branch.draft, branch.end, []
            while (call := draft.maker(value)) is not None and len(call.reads) == 1:
                late = kind_of(call.operation) in ("dropout", "scale")
                if not late or call.named_reads or call.kwargs.get("training"):
                    break
                after.append(call)
                value = call.reads[0]
            if len(value.shape) not in _POOLS:
                raise NotApplicable(f"it has no positions to pool: {value.shape}")
            name = f"{branch.merge.name}_branch"
            grown = surgery.grow(draft, value, _weighed(ratio), name)
        except NotApplicable as reason:
            surgery.left.append(Left("unit", unit.path, str(reason)))
            continue
        if after:
            reread(draft, after[-1], value, grown)
        else:
            branch.reads(branch.end, grown)
        surgery.changes.append(Change("unit", unit.path, "weighs its channels"))


def _weighed(ratio: int) -> Any:
    def excited(x: Any) -> Any:
        axis = channel_axis(x)
        width = x.shape[axis]
        known = "channels_first" if axis == 1 else "channels_last"
        z = _POOLS[len(x.shape)](data_format=known)(x)
        z = keras.layers.Dense(max(1, width // ratio), activation="relu")(z)
        z = keras.layers.Dense(width, activation="sigmoid")(z)
        shape = [1] * (len(x.shape) - 1)
        shape[axis - 1 if axis > 0 else axis] = width
        return keras.layers.Multiply()([x, keras.layers.Reshape(shape)(z)])

    return excited
