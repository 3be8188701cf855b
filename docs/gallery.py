"""The gallery of published forms: a page a room, drawn from real graphs."""

import re

import keras

import keras_residual as kr
from keras_residual.compose.forms import FORMS, Form

ROOMS = {
    "shortcuts": "Shortcuts",
    "parts": "Parts on a path",
    "merges": "Merges",
    "blocks": "Blocks",
    "connections": "Connections of streams",
}


def gallery() -> dict[str, str]:
    """Writes a page of all forms a room, each drawn from the graph of its own code."""
    made = {}
    listed = ["# Published forms", "", "Every form, true to its paper: its equation,"]
    listed += ["the wiring drawn from the real graph, and when to use it.", ""]
    for room, title in ROOMS.items():
        forms = [form for form in FORMS if form.public.startswith(f"{room}.")]
        listed += ["", f"## [{title}](forms/{room}.md)", "", "| form | |", "|---|---|"]
        listed += [
            f"| [{form.name}](forms/{room}.md#{_slug(form)}) | {form.title} |"
            for form in forms
        ]
        page = [f"# {title}", ""]
        for form in forms:
            picture, count = _drawn(form)
            made[f"forms/{_slug(form)}.svg"] = picture
            page += _shown(form, count)
        made[f"forms/{room}.md"] = "\n".join(page)
    if left := [form.name for form in FORMS if f"forms/{_slug(form)}.svg" not in made]:
        raise ValueError(f"no page of the gallery has {left}")
    tree = children([f"forms/{room}" for room in ROOMS])
    return {"forms.md": "\n".join([*listed, "", tree]), **made}


def _slug(form: Form) -> str:
    return re.sub(r"\W+", "-", form.name).strip("-").lower()


def _drawn(form: Form) -> tuple[str, int]:
    """Returns the picture of a form, and how many parameters its code makes."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input(form.shape)
    part = eval(form.code, {"kr": kr, "keras": keras})  # noqa: S307  our own text
    title = form.title.replace("/", " ")  # which Keras takes in no name
    model = keras.Model(inputs, part(inputs), name=title)
    return kr.draw(model)._repr_svg_(), model.count_params()


def _shown(form: Form, count: int) -> list[str]:
    opened = f"with this package: {form.lacks}" if form.lacks else "in Keras alone"
    shape = ", ".join(map(str, form.shape))
    return [
        f"({_slug(form)})=",
        f"## {form.title}",
        "",
        f"`{form.name}`",
        "",
        "$$",
        form.equation,
        "$$",
        "",
        f"![The wiring of {form.title}]({_slug(form)}.svg)",
        "",
        "```python",
        form.code,
        "```",
        "",
        "| | |",
        "|---|---|",
        f"| use | {form.use} |",
        f"| before training | {form.start} |",
        f"| parameters | {count:,}, on inputs of shape ({shape}) |",
        f"| opens | {opened} |",
        f"| paper | [{form.paper}]({form.link}) |",
        "",
    ]


def children(pages: list[str]) -> str:
    """Returns the pages as children of the one that lists them, and not shown there."""
    return "\n".join(["```{toctree}", ":hidden:", *pages, "```", ""])
