"""Runs an old and a new model side by side, and refuses one that computes otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import keras
from rich.console import Group
from rich.text import Text

from keras_residual.common.errors import ResidualError
from keras_residual.common.shown import Shown, whole
from keras_residual.compose.arguments import checked
from keras_residual.graph.analysis import Analysis
from keras_residual.transforms.comparison import Difference
from keras_residual.transforms.copies import Copies, compared_layers
from keras_residual.transforms.original import Original, tolerance_for
from keras_residual.transforms.tables import tables_apart
from keras_residual.transforms.trials import Trial
from keras_residual.transforms.weakness import weakness
from keras_residual.transforms.witness import ADDED, WEIGHED

_ROUNDING = 1e-3  # more does not come of single precision
_FEWER = {"write": "fewer changes, to find the one that does it"}


@dataclass(frozen=True, repr=False)
class Proof(Shown):
    """What was compared, and how far it was apart.

    Args:
        comparisons: One for each output, and whatever else was compared, and each
            input that was tried.
        weak: Why it says little, if it does: a sentence for each output of which the
            inputs showed next to nothing.
        layers: One for each layer that was kept, where the whole computes another
            function.

    Examples:
        >>> Proof((Difference("out", "zeros (1, 4)", 1e-7, 2.0, 1e-5),)).largest
        5e-08
    """

    comparisons: tuple[Difference, ...]
    weak: tuple[str, ...] = ()
    layers: tuple[Difference, ...] = ()

    @property
    def largest(self) -> float:
        """The largest difference, in proportion to its scale."""
        return max((c.relative for c in self.comparisons), default=0.0)

    @property
    def caution(self) -> str:
        """What to do where the proof is weak; nothing where it is not."""
        if not self.weak:
            return ""
        return (
            f"The proof is weak: {'; '.join(self.weak)}.\n"
            "Prove it on inputs that the model is made for:  inputs=[array], or "
            "--inputs FILE.npz"
        )

    def __rich__(self) -> Group:
        table = whole("output", "inputs", "largest difference", "scale")
        for name in dict.fromkeys(c.output for c in self.comparisons):
            worst = max(
                (c for c in self.comparisons if c.output == name),
                key=lambda c: c.relative,
            )
            share = f"{worst.relative:.1e} of scale"
            table.add_row(Text(name), worst.inputs, share, f"{worst.scale:.3g}")
        return Group(table, *([Text(f"\n{self.caution}")] if self.weak else []))


@checked
def prove(
    old: keras.Model | Analysis,
    new: keras.Model | Analysis,
    *,
    tolerance: float | None = None,
    inputs: Any = None,
) -> Proof:
    """Compares two models in inference, and refuses where they are not the same.

    They run on normal, negative, large, small and zero inputs, and on what the first
    layers expect: pixels, letters, words of a vocabulary, a value in every bin; as a
    batch and as a single sample. An axis of unknown size is tried odd and even. What is
    compared are the outputs, each channel in proportion to its own numbers; what
    activations that saturate are given; the masks of the outputs, the losses that are
    added, the state that a call leaves, and tables of embeddings of one name, row by
    row, as inputs read few of them. Both models stay as they are.

    Args:
        old: The model to be equal to, or an `Analysis` of it.
        new: The model to be tried, or an `Analysis` of it.
        tolerance: The largest difference in proportion to the largest number of a
            channel of the old output, or to what rounding makes of it; by default 1e-5,
            and more where half precision computes.
        inputs: What the models are called on: an array, arrays in the order of
            `old.inputs`, or a dict by name; by default they are made up.

    Returns:
        What was compared, and what the inputs did not show.

    Raises:
        ResidualError: They differ, or the old model takes none of the made-up inputs,
            or makes nothing finite of them.

    Examples:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> prove(model, model).largest
        0.0
    """
    return proved(Original(old, inputs), new, tolerance=tolerance)


def proved(
    old: Original,
    new: keras.Model | Analysis,
    *,
    tolerance: float | None = None,
    merges: Collection[str] = (),
    losses: Collection[str] = (ADDED, WEIGHED),
) -> Proof:
    """Does what `prove` does, for a model that has answered already.

    Args:
        old: The model to be equal to.
        new: The model to be tried.
        tolerance: As `prove` takes it.
        merges: Paths of merges that both models have, and whose values are compared.
        losses: Which losses both should have.
    """
    if tolerance is None:
        tolerance = tolerance_for(old.model)
    found = old.compared(new, tolerance=tolerance, merges=merges, losses=losses)
    weak = weakness(old.tried, old.witness.seen, {one.output for one in found})
    other = new.model if isinstance(new, Analysis) else new
    rows = tables_apart(old.model, other, tolerance)
    return require(Proof((*found, *rows), weak), name=old.model.name)


def proved_where_same(old: Original, new: keras.Model, copies: Copies) -> Proof:
    """Returns a proof of the whole where two models are the same, else of the layers.

    Args:
        old: The model before a surgery.
        new: The model after it.
        copies: Its layers that were kept, and their copies.

    Raises:
        ResidualError: A copy computes something else than its layer.
    """
    try:
        return proved(old, new)
    except Exception:  # it computes something else, or takes other inputs now
        trial, _ = old.tried[0]
    return proved_by_layer(old.model, trial, copies)


def proved_by_layer(model: keras.Model, trial: Trial, copies: Copies) -> Proof:
    """Returns a proof that layers and their copies compute the same.

    Args:
        model: The model before a surgery.
        trial: What it is called on.
        copies: Its layers that were kept, and their copies.

    Raises:
        ResidualError: A copy computes something else than its layer.
    """
    tolerance = tolerance_for(model)
    kept = compared_layers(model, copies, trial, tolerance=tolerance)
    write = "a class that saves all that its calls depend on, in get_config() too"
    require(
        Proof(tuple(kept)),
        name=model.name,
        who="a layer that was kept",
        rounding={"needed": "A copy is no rounding.", "write": write},
        instead={"write": write},
    )
    return Proof((), layers=tuple(kept))


def require(
    proof: Proof,
    *,
    name: str,
    who: str = "the rewritten model",
    promise: str = "A rewrite keeps the function",
    kept: str = "the old model is unchanged",
    rounding: Mapping[str, str] | None = None,
    instead: Mapping[str, str] = _FEWER,
) -> Proof:
    """Returns a proof that holds.

    Args:
        proof: What was compared.
        name: Name of the model, for the message.
        who: What computed the new outputs.
        promise: What it should do.
        kept: How things are after the refusal.
        rounding: What an error says where it may be rounding; by default, which
            tolerance allows it.
        instead: What it says where it is no rounding.

    Raises:
        ResidualError: Something differs by more than its tolerance.
    """
    for found in proof.comparisons:
        if not found.holds:
            reason, advice = "Rounding does not do that.", instead
            if found.relative < _ROUNDING:
                reason, advice = "", rounding or _allow(found)
            rule = f"{promise}, to {found.tolerance:g} of scale; {kept}."
            needed = filter(None, [rule, reason, advice.get("needed")])
            raise ResidualError(
                f'Model "{name}": {who} computes something else.',
                given={
                    "output": f'"{found.output}" on {found.inputs}',
                    "difference": f"{found.relative:.1e} of scale "
                    f"({found.difference:.3g} of {found.scale:.3g})",
                },
                **{**advice, "needed": "\n".join(needed)},
            )
    return proof


def _allow(found: Difference) -> dict[str, str]:
    allowed = f"{2 * found.relative:.0e}"
    return {
        "needed": "If that is rounding, it can be allowed.",
        "write": f"tolerance={allowed}",
        "option": f"--tolerance {allowed}",
    }
