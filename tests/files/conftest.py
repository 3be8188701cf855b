"""Speed: these tests build many small models."""

from compilation import quick_compilation

__all__ = ["quick_compilation"]
