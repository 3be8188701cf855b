"""Speed: these tests compile many small models and run each once."""

from compilation import quick_compilation

__all__ = ["quick_compilation"]
