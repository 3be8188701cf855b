"""Pictures of many small models, compiled quickly where the backend compiles."""

from compilation import quick_compilation

__all__ = ["quick_compilation"]
