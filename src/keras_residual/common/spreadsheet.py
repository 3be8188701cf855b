"""Cells that a spreadsheet takes for what they are."""

from __future__ import annotations

FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> object:
    """Returns a value for a .csv file; a text is never run as a formula.

    A name that begins as formulas do gets an apostrophe before it, which spreadsheets
    read as "this is text". Numbers stay as they are.

    Args:
        value: A text or a number.

    Examples:
        >>> cell("=1+1"), cell("conv"), cell(-0.5)
        ("'=1+1", 'conv', -0.5)
    """
    formula = isinstance(value, str) and value.startswith(FORMULAS)
    return f"'{value}" if formula else value
