"""Change a graph, and prove that it kept its function."""

from keras_residual.rewrite.comparison import Comparison
from keras_residual.rewrite.proof import Proof, prove
from keras_residual.rewrite.rewritten import Change, Left, Rewritten

from keras_residual.rewrite import rewire  # isort: skip  it imports the names above

__all__ = ["Change", "Comparison", "Left", "Proof", "Rewritten", "prove", "rewire"]
