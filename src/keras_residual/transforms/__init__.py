"""Change a graph, and prove that it kept its function."""

from keras_residual.transforms.comparison import Difference
from keras_residual.transforms.proof import Proof, prove
from keras_residual.transforms.rewritten import Change, Left, Rewritten

from keras_residual.transforms import rewire  # isort: skip  it imports the names above

__all__ = ["Change", "Difference", "Left", "Proof", "Rewritten", "prove", "rewire"]
