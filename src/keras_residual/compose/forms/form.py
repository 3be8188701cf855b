"""One published form, and what is to be known of it before it is used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Form:
    """A row of the table of forms: data alone, which needs no Keras.

    Attributes:
        name: The public name, such as `blocks.basic`; after a comma what is special.
        title: What its paper calls it.
        equation: What it computes, as LaTeX: `x` is the input, `F` the branch, `S` the
            shortcut, `y` the output.
        start: What `code` is before training: "identity", "identity to within 1e-6"
            (of the largest value of the input), or "no identity"; then, after a
            comma, what else is to be said.
        use: When to use it, and when not.
        paper: Authors, title, year, and where in it.
        link: The paper's address.
        code: The code that makes it, with `kr` and `keras`: an expression of a part.
        shape: The shape of one sample that the code takes, channels last.
        unit: How `find_residuals` says that its paths are joined, such as "add"; empty
            where it is only a part of a unit.
        lacks: What Keras lacks for it, so that its files need our package. Empty where
            Keras alone opens them.
    """

    name: str
    title: str
    equation: str
    start: str
    use: str
    paper: str
    link: str
    code: str
    shape: tuple[int, ...] = (6, 6, 4)
    unit: str = "add"
    lacks: str = ""

    @property
    def public(self) -> str:
        """The public name alone."""
        return self.name.partition(",")[0]
