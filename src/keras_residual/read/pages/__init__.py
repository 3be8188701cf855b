"""Self-contained pages: nothing in them is fetched, light and dark."""

from keras_residual.read.pages.figures import figure
from keras_residual.read.pages.page import html_page
from keras_residual.read.pages.pieces import facts, json_block

__all__ = ["facts", "figure", "html_page", "json_block"]
