"""The words that stand for parts and merges: one table, in one place."""

from __future__ import annotations

from typing import cast

import keras

from keras_residual.compose import merges, parts, shortcuts
from keras_residual.compose.named import ACTIVATIONS, MERGES, PARTS, ActivationWord

PARTS |= {
    "auto": shortcuts.auto(),
    "blur_pool": shortcuts.blur_pool(),
    "crop": shortcuts.crop(),
    "factorized_reduction": shortcuts.factorized_reduction(),
    "identity": shortcuts.identity(),
    "max_pool": shortcuts.max_pool(),
    "none": shortcuts.none(),
    "pooled_projection": shortcuts.pooled_projection(),
    "projection": shortcuts.projection(),
    "space_to_depth": shortcuts.space_to_depth(),
    "zero_pad": shortcuts.zero_pad(),
    "batch": parts.norm("batch"),
    "group": parts.norm("group"),
    "layer": parts.norm("layer"),
    "rms": parts.norm("rms"),
}
MERGES |= {
    "add": merges.add(),
    "average": merges.average(),
    "concatenate": merges.concatenate(),
    "fusion": merges.fusion(),
    "gate": merges.gate(),
    "gru_gate": merges.gru_gate(),
    "multiply": merges.multiply(),
    "shake_shake": merges.shake_shake(),
    "two_gates": merges.two_gates(),
}

_HELPERS = {"get", "serialize", "deserialize"}
ACTIVATIONS |= {
    name: parts.act(cast(ActivationWord, name))
    for name in vars(keras.activations)
    if not name.startswith("_") and name not in _HELPERS
}
