"""Equations as MathML, which browsers draw by themselves: no script and no network."""

from docutils.nodes import SkipNode
from latex2mathml.converter import convert
from sphinx.application import Sphinx


def visit_math(writer, node) -> None:
    writer.body.append(convert(node.astext(), display="inline"))
    raise SkipNode


def visit_displaymath(writer, node) -> None:
    equation = convert(node.astext(), display="block")
    writer.body.append(f'<div class="equation">{equation}</div>')
    raise SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
