"""Self-contained pages: nothing in them is fetched, light and dark."""

from keras_residual.reports.frame.figures import figure
from keras_residual.reports.frame.page import html_page
from keras_residual.reports.frame.pieces import facts, json_block

__all__ = ["facts", "figure", "html_page", "json_block"]
