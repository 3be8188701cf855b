"""Settings of the site that `make docs` builds.

Sphinx reads the docstrings, MyST the pages and notebooks. MkDocs and its Material theme
would have been the other choice; neither is developed any further.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import generate

import keras_residual as kr

project = "keras-residual"
author = "The keras-residual authors"
copyright = author
release = version = kr.__version__

extensions = [
    "mathml",
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
nitpick_ignore_regex = [("py:.*", ".*")]  # types of other projects have pages elsewhere

myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath", "html_image"]
suppress_warnings = ["myst.header", "misc.highlighting_failure"]

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_in_temp = True
nb_output_stderr = "remove"  # what a backend says of the machine

autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
autodoc_typehints = "none"  # the sections say what is accepted, in words
napoleon_use_rtype = False
add_module_names = False
default_role = "code"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_math_renderer = "mathml"
html_theme = "furo"
html_title = "keras-residual"
html_static_path = ["theme"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b57d0"},
    "dark_css_variables": {"color-brand-primary": "#8ab4f8"},
}


def setup(app):
    """Writes the generated pages before any is read."""
    app.connect("builder-inited", lambda app: generate.pages(Path(app.srcdir)))
