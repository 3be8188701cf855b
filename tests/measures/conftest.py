"""Speed: these tests compile many small operations and run each a few times."""

from compilation import quick_compilation

__all__ = ["quick_compilation"]
