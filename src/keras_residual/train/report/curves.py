"""How a run went, epoch by epoch."""

from __future__ import annotations

from keras_residual.reports.frame import figure
from keras_residual.train.report import figures
from keras_residual.train.run_folder import Row
from keras_residual.train.tasks import TITLES


def curves(rows: list[Row]) -> str:
    """Draws every metric of a history, its learning rate and its time.

    Args:
        rows: The history.
    """
    names = [name for name in rows[0] if f"val_{name}" in rows[0]]
    shown = {
        name: figures.curve(
            rows, TITLES.get(name, name), train=name, held=f"val_{name}"
        )
        for name in names
    }
    if min(row.get("val_r2", 0.0) for row in rows) < -1:
        # The first epochs may be worse than the mean by far, and hide all later ones.
        shown["r2"].update_layout(title_text="R², from −1 up", yaxis={"range": [-1, 1]})
    shown["rate"] = figures.curve(rows, "learning rate", plain="learning_rate")
    shown["seconds"] = figures.bars(rows)
    inner = "".join(figure(name, one) for name, one in shown.items())
    return f'<div class="pair">{inner}</div>'
