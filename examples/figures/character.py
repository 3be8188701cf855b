"""The pictures of examples/character_model.py, in Matplotlib."""

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

INK, SOFT, BLUE, AMBER = "#1f2937", "#64748b", "#2563eb", "#d97706"
STYLE = {
    "font.family": "sans-serif",
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "character",
    **dict.fromkeys(("text.color", "axes.labelcolor"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color", "axes.edgecolor"), SOFT),
}
mpl.rcParams.update(STYLE)
RIGHT, WRONG = (
    LinearSegmentedColormap.from_list("", ["#f8fafc", colour])
    for colour in (BLUE, AMBER)
)
SHOWN = 40
PARTS = {"start": "embeddings", "constant": "biases"}


def named(path):
    """Says a path of this model in words: `block2/add_1` is "block 2 dense"."""
    block, _, last = path.partition("/")
    if not last:
        return PARTS.get(path, path)
    return f"{block[:-1]} {block[-1]} {'dense' if last.endswith('_1') else 'attention'}"


def letter(one):
    return {"\n": "↵", " ": "␣"}.get(one, one)


def lens(found, text, line, folder):
    """What comes next, told after each unit: blue where it does come, else amber."""
    given, comes = (values[0, -SHOWN:] for values in line)
    top, sure = (values[:, 0, -SHOWN:] for values in (found.top, found.probability))
    depths, wide = top.shape
    figure = Figure(figsize=(0.19 * wide + 1.6, 0.26 * depths + 1.1))
    axes = figure.subplots()
    right = top == comes
    colours = np.where(right[..., None], RIGHT(sure), WRONG(sure))
    axes.imshow(colours, aspect="auto", interpolation="nearest")
    for k, column in np.ndindex(depths, wide):
        axes.text(
            column,
            k,
            letter(text.characters[top[k, column]]),
            ha="center",
            va="center_baseline",
            family="monospace",
            color="white" if sure[k, column] > 0.6 else INK,
        )
    axes.set_yticks(range(depths), [named(point) for point in found.points])
    _letters(axes, text, given)
    _letters(axes.secondary_xaxis("top"), text, comes)
    axes.set_xlabel("what is read")
    axes.set_title("what comes next", fontsize=9, color=INK, pad=8)
    for one in (axes, *axes.child_axes):
        one.spines[:].set_visible(False)
        one.tick_params(length=0)
    _save(figure, folder / "character-lens.svg")


def _letters(axes, text, numbers):
    marks = [letter(text.characters[one]) for one in numbers]
    axes.set_xticks(range(len(marks)), marks, family="monospace", color=INK)


def attribution(found, told, folder):
    """What each part adds to one logit."""
    figure = Figure(figsize=(6.4, 3.0))
    axes = figure.subplots()
    values = found.values.mean(1)
    names = [named(part) for part in found.parts]
    colours = [BLUE if value > 0 else AMBER for value in values]
    axes.barh(names, values, color=colours, height=0.7)
    for k, value in enumerate(values):
        side = ("left", 4) if value > 0 else ("right", -4)
        axes.annotate(
            f"{value:+.2f}",
            (value, k),
            (side[1], 0),
            textcoords="offset points",
            ha=side[0],
            va="center",
            color=SOFT,
        )
    axes.axvline(0, color=SOFT, linewidth=0.8)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel(f"{told}: {found.total.mean():.2f} in all")
    _plain(axes)
    _save(figure, folder / "character-attribution.svg")


def depth(pruned, losses, folder):
    """The loss of networks with fewer units, and of those that go on learning."""
    figure = Figure(figsize=(6.4, 5.2))
    axes = figure.subplots()
    units = [step.units for step in pruned.steps]
    values = [step.loss for step in pruned.steps]
    axes.plot(units, values, "o-", color=AMBER, label="without units, untrained")
    for step, value in zip(pruned.steps[1:], values[1:], strict=True):
        _note(axes, f"– {named(step.dropped)}", (step.units, value), "left")
    for (name, (count, loss)), colour in zip(losses.items(), (SOFT, BLUE), strict=True):
        axes.plot(count, loss, "s", color=colour, label=name)
    axes.set(xlabel="residual units", ylabel="loss, nats a character")
    axes.set_xticks(range(max(count for count, _ in losses.values()) + 1))
    axes.legend(frameon=False)
    _plain(axes)
    _save(figure, folder / "character-depth.svg")


def _note(axes, text, place, side):
    axes.annotate(
        text, place, (6, 3), textcoords="offset points", ha=side, color=SOFT, size=8
    )


def _plain(axes):
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
    axes.set_axisbelow(True)


def _save(figure, path):
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    print(f"{path.name} is written")
