"""What the files of our rules say. They are read, not run: they would import Keras."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Document:
    """What is written of a rule.

    Args:
        code: Its code.
        level: How grave its findings are.
        name: Its name.
        text: Its whole document, in Markdown.
    """

    code: str
    level: str
    name: str
    text: str

    @property
    def summary(self) -> str:
        """The first line of the document."""
        return self.text.partition("\n")[0]


def documents() -> list[Document]:
    """Returns the documents of our rules, in the order of their codes."""
    files = Path(__file__).with_name("rules").glob("[!_]*.py")
    return sorted(map(_read, files), key=lambda document: document.code)


def _read(file: Path) -> Document:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    (said,) = (
        call.args
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == file.stem
        for call in node.decorator_list
        if isinstance(call, ast.Call)
    )
    code, level = [*map(ast.literal_eval, said), "warning"][:2]
    text = ast.get_docstring(tree) or ""
    return Document(code, level, file.stem.replace("_", "-"), text)
