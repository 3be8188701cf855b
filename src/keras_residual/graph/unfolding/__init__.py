"""Opens layers that hide what they do: `unfold(model)`."""

from keras_residual.graph.unfolding.choice import hides_layers
from keras_residual.graph.unfolding.unfold import unfold
from keras_residual.graph.unfolding.unfolded import Unfolded

__all__ = ["Unfolded", "hides_layers", "unfold"]
