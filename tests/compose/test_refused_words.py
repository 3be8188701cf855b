"""What connections and graphs are given is looked at before anything is made of it."""

import keras
import pytest

import keras_residual as kr


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("mhc", {"mixing": "sinkhorns"}),
        ("mhc", {"collapse": "mean"}),
        ("mudd", {"ways": "both"}),
        ("mixture_of_depths", {"gate": "tanh"}),
    ],
)
def test_a_word_that_is_not_known_is_refused(name, given):
    with pytest.raises(kr.ResidualError, match=f"given  {next(iter(given))}="):
        getattr(kr.connections, name)(**given)


@pytest.mark.parametrize("nodes", [(5, 4), (6, 6), (5,)])
def test_a_graph_of_other_nodes_is_refused(nodes):
    x = keras.Input((5, 8))
    with pytest.raises(kr.ResidualError, match="`adjacency` does not fit"):
        kr.blocks.gcnii(x, keras.Input(nodes), layer=1)(x)
