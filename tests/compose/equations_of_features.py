"""Blocks of forecasters, mixers and graphs, and what their papers compute."""

import keras
import numpy as np

import keras_residual as kr

from . import reference_features as papers
from .equation import TABLE, Equation

STEPS = (2, 5, 6)


def _contextual(x):
    return kr.blocks.gated_residual(5, context=kr.act("tanh")(x))(x)


def _graph(x):
    graph, first = keras.layers.Dot(2, name="graph")([x, x]), kr.act("tanh")(x)
    return kr.blocks.gcnii(first, graph, layer=3)(x)


def _tanh(x, w):
    return np.tanh(x)


FEATURES = [
    Equation(
        "gated residual", kr.blocks.gated_residual(5), papers.gated_residual, TABLE
    ),
    Equation(
        "gated residual, wider",
        kr.blocks.gated_residual(4, 7),
        papers.gated_residual,
        STEPS,
    ),
    Equation(
        "gated residual, context",
        _contextual,
        papers.gated_residual_with(_tanh),
        TABLE,
    ),
    Equation("TiDE", kr.blocks.tide(4), papers.tide, TABLE),
    Equation("TiDE, wider", kr.blocks.tide(4, 7), papers.tide, STEPS),
    Equation(
        "N-BEATS", kr.blocks.nbeats(3, 4, theta=2, layers=2), papers.nbeats, TABLE
    ),
    *(
        Equation(
            f"N-BEATS, interpretable, {horizon} of {past} steps",
            kr.blocks.nbeats(
                horizon,
                4,
                blocks=2,
                layers=1,
                basis=("trend", "seasonality"),
                degree=3,
            ),
            papers.interpretable(horizon),
            (6, past),
        )
        for horizon, past in ((6, 9), (3, 8))
    ),
    Equation("MLP-Mixer", kr.blocks.mixer(4, 8), papers.mixer, STEPS),
    Equation("ResMLP", kr.blocks.res_mlp(8), papers.res_mlp, STEPS),
    Equation("GCNII", _graph, papers.gcnii(3, _tanh), STEPS),
]
