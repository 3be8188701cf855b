"""What a run needs from its first batch to its report."""

from __future__ import annotations

from keras_residual.common.extras import require


def require_packages() -> None:
    """Refuses to begin a run whose report could not be written.

    Raises:
        PackageError: Batches, the page or its pictures need what is not installed.
    """
    require("train", "Training", "grain", "plotly", "matplotlib", "PIL")
