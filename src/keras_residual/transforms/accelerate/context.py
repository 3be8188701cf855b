"""What Keras knows of the call at hand."""

from __future__ import annotations

from keras.src.backend.common.global_state import get_global_attribute


def trains() -> bool:
    """Says whether the model that is being called was told to train."""
    context = get_global_attribute("current_call_ctx")
    return bool(getattr(context, "training", False))
