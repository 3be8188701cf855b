"""An equation of the table for a terminal, which shows letters and no LaTeX."""

import re

_LETTERS = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "lambda": "λ",
    "mu": "μ",
    "omega": "ω",
    "phi": "φ",
    "pi": "π",
    "psi": "ψ",
    "sigma": "σ",
    "theta": "θ",
    "sum": "Σ",
    "prod": "Π",
    "cdot": "·",
    "odot": "⊙",
    "times": "×",
    "le": "≤",
    "ge": "≥",
    "sim": "~",
    "in": "∈",
    "to": "→",
    "downarrow": "↓",
    "leftarrow": "←",
    "lVert": "‖",
    "rVert": "‖",
    "top": "ᵀ",
    "infty": "∞",
    "ldots": "…",
    "dots": "…",
    "circ": "∘",
    "langle": "⟨",
    "rangle": "⟩",
    "pm": "±",
    "approx": "≈",
    "ne": "≠",
    "mid": "|",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "tau": "τ",
    "partial": "∂",
    "nabla": "∇",
    "eta": "η",
}
_WORDS = {"cos", "exp", "log", "max", "min", "sin", "softmax", "tanh"}
_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_ABOVE = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304"}


def plain(equation: str) -> str:
    r"""Returns an equation without LaTeX.

    Args:
        equation: What the table says.

    Examples:
        >>> plain(r"y = x + \frac{1}{\sqrt{L}}\, F(x)")
        'y = x + 1/√L F(x)'
    """
    text = re.sub(
        r"\\(left|right|big|Big|displaystyle|limits)(?![a-zA-Z])", "", equation
    )
    text = re.sub(r"\\(hat|tilde|bar)\s*(?:\{(\w)\}|(\w))", _accented, text)
    named = r"\\(?:mathrm|mathbf|mathbb|mathcal|text|operatorname)" + _GROUP
    text = _until_settled(named, r"\1", text)
    text = re.sub(r"\\sqrt" + _GROUP, lambda m: f"√{_whole(m[1])}", text)
    fraction = rf"\\frac{_GROUP}{_GROUP}"
    text = _until_settled(fraction, lambda m: f"{_whole(m[1])}/{_whole(m[2])}", text)
    text = re.sub(r"\\(quad|qquad|\\)", "   ", text)
    text = re.sub(r"\\[,;:! ]", " ", text)
    text = re.sub(r"\\([a-zA-Z]+)", _letter, text)
    text = re.sub(r"\\([{}|])", lambda m: {"{": "⦃", "}": "⦄"}.get(m[1], m[1]), text)
    text = re.sub(r"([_^])" + _GROUP, lambda m: m[1] + _whole(m[2]), text)
    text = text.replace("{", "").replace("}", "").replace("⦃", "{").replace("⦄", "}")
    return re.sub(r" {2,}", lambda m: " " if len(m[0]) == 2 else "   ", text).strip()


def _letter(found: re.Match[str]) -> str:
    """Returns the letter of a LaTeX word; one that nobody knows stays LaTeX."""
    word: str = found[1]
    return _LETTERS.get(word, word if word in _WORDS else found[0])


def _whole(text: str) -> str:
    """Puts brackets around what is more than one thing."""
    return text if re.fullmatch(r"[\w√.']+|\\[a-zA-Z]+|\(.*\)", text) else f"({text})"


def _accented(found: re.Match[str]) -> str:
    return (found[2] or found[3]) + _ABOVE[found[1]]


def _until_settled(pattern: str, by, text: str) -> str:
    while (new := re.sub(pattern, by, text)) != text:
        text = new
    return text
