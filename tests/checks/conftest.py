"""Speed: these tests build hundreds of small models, and JAX compiles each layer."""

from compilation import quick_compilation

__all__ = ["quick_compilation"]
