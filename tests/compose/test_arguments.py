"""A wrong argument is answered in our words, whichever function gets it."""

import inspect

import keras
import pytest

import keras_residual as kr

MAKERS = {
    **{name: getattr(kr.parts, name) for name in kr.parts.__all__},
    **{name: getattr(kr.blocks, name) for name in kr.blocks.__all__},
    **{f"merge {name}": getattr(kr.merges, name) for name in kr.merges.__all__},
    **{name: getattr(kr, name) for name in kr.__all__ if name.endswith("_block")},
    "build": kr.models.build,
    "projection": kr.shortcuts.projection,
    "zero_pad": kr.shortcuts.zero_pad,
}
WRONG = (None, "zzz", -1.5, [], ["a"], {}, keras.layers.Dense, kr.dense(8), object())
CHECKED = ("int", "float", "str", "Sizes", "bool", "Sequence[Any]", "Shape")
CHECKED += ("Counts", "NormWord", "Padding", "PoolWord")
ASKED = [
    pytest.param(make, key, id=f"{name}-{key}")
    for name, make in MAKERS.items()
    for key, one in inspect.signature(make).parameters.items()
    if str(one.annotation).split(" | ")[0] in CHECKED
]


def right(make):
    """Returns an argument for each that has no default."""
    samples = {
        "int": 8,
        "Count": 8,
        "float": 0.1,
        "str": "max",
        "PoolWord": "max",
        "Sequence[Any]": ["relu"],
        "Counts": [2],
    }
    return {
        key: samples.get(str(one.annotation), keras.Input((4, 4, 8)))
        for key, one in inspect.signature(make).parameters.items()
        if one.default is one.empty and one.kind is not one.VAR_KEYWORD
    }


@pytest.mark.parametrize(("make", "key"), ASKED)
def test_a_wrong_kind_of_argument_is_refused_in_our_words(make, key):
    said = list(filter(None, (answer(make, key, value) for value in WRONG)))
    assert len(said) >= 4
    assert all(f"`{key}` takes " in one for one in said)


def answer(make, key, value):
    """Returns what is said to a wrong kind of argument."""
    try:
        made = make(**{**right(make), key: value})
        if isinstance(made, kr.Residual):
            made(keras.Input((4, 4, 8)))
    except TypeError as error:
        return str(error)
    except ValueError:  # of this kind, and yet none of those that there are
        return None
    return None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: kr.parallel(kr.conv(8), kr.conv(8)), "parallel([conv(8), ...])"),
        (lambda: kr.parallel(kr.conv(8), kr.conv(8), kr.conv(8)), "It takes  parallel"),
        (lambda: kr.parallel([])(keras.Input((8,))), "given no parts"),
        (
            lambda: kr.parallel(["relu"], merge=kr.conv(8))(keras.Input((8,))),
            "no merge",
        ),
        (kr.conv, "missing a required argument: 'filters'"),
        (lambda: kr.conv(keras.Input((8, 8, 3))), "conv(...)(x)"),
        (lambda: kr.Residual([keras.layers.Dense]), "Dense(...)"),
        (lambda: kr.Residual("relu", merge=keras.layers.Add), "no merge"),
        (lambda: kr.layer(keras.layers.Dense), "Dense(...)"),
    ],
)
def test_what_to_write_is_said(call, said):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert said in str(caught.value)
