"""Pictures inside a page."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def data_uri(picture: NDArray) -> str:
    """Returns a picture as a PNG that needs no file.

    Args:
        picture: Values of shape `(height, width, channels)`. Values that are not bytes
            are stretched between black and white; channels beyond three are left out.

    Examples:
        >>> data_uri(np.zeros((2, 2, 1), "uint8"))[:22]
        'data:image/png;base64,'
    """
    shown = picture[..., :3] if picture.shape[-1] >= 3 else picture[..., :1]
    if shown.dtype != np.uint8:
        low, high = float(shown.min()), float(shown.max())
        shown = ((shown - low) / max(high - low, 1e-12) * 255).astype(np.uint8)
    shown = shown[..., 0] if shown.shape[-1] == 1 else shown
    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(shown)).save(file, "PNG")
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()
