"""What a network costs and what it knows, at one depth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One network on the way to a shallower one.

    Args:
        dropped: The unit that went last; empty for the network itself.
        units: How many residual units are left.
        loss: Mean over the examples.
        accuracy: Share of the examples that are classified right, of several outputs
            the mean; None where the labels are no classes.
        parameters: Numbers in its weights.
        milliseconds: Median time for one sample, all networks measured in turn.
        kept: Whether the loss or the accuracy is within what was allowed.
    """

    dropped: str
    units: int
    loss: float
    accuracy: float | None
    parameters: int
    milliseconds: float
    kept: bool
