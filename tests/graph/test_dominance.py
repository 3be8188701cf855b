"""Dominators agree with removing points one at a time."""

from hypothesis import given
from hypothesis import strategies as st

from keras_residual.graph.dominance import ROOT, Dominators


@st.composite
def graphs(draw):
    """Acyclic graphs: point k reads up to three earlier points, or is an input."""
    count = draw(st.integers(1, 24))
    return [
        draw(st.lists(st.integers(0, k - 1), max_size=3, min_size=draw(st.booleans())))
        if k
        else []
        for k in range(count)
    ]


def cut_off(graph, gone):
    """The points that no input reaches once `gone` is removed."""
    alive = set()
    for k, read in enumerate(graph):
        if k != gone and (not read or alive.intersection(read)):
            alive.add(k)
    return set(range(len(graph))) - alive


@given(graphs(), st.data())
def test_the_common_point_is_the_last_whose_removal_cuts_all_off(graph, data):
    wanted = data.draw(st.lists(st.integers(0, len(graph) - 1), min_size=1, max_size=3))
    cutting = [k for k in range(len(graph)) if cut_off(graph, k).issuperset(wanted)]
    expected = max(cutting, default=ROOT)
    assert Dominators(graph).common(wanted) == expected
