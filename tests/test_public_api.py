"""What a package offers is what its `__all__` says, no more and no less."""

import importlib
import inspect
import pkgutil
import re
import sys
import types
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import keras_residual
from keras_residual.compose import merges, named, parts, residual, shortcuts
from keras_residual.measures.accumulator import COLUMNS
from keras_residual.measures.column import ColumnWord
from keras_residual.train import recipe


def packages() -> list[str]:
    found = pkgutil.walk_packages(keras_residual.__path__, "keras_residual.")
    return ["keras_residual", *(module.name for module in found if module.ispkg)]


def offered(package: types.ModuleType) -> set[str]:
    """Returns the names one sees in a package, its own unlisted modules apart."""
    listed = getattr(package, "__all__", ())
    return {
        name
        for name in dir(package)
        if not name.startswith("_")
        and name != "annotations"
        and (name in listed or f"{package.__name__}.{name}" not in sys.modules)
    }


@pytest.mark.parametrize("name", packages())
def test_all_lists_what_a_package_offers(name):
    package = importlib.import_module(name)
    listed = list(getattr(package, "__all__", ()))
    assert listed == sorted(listed), "sort __all__"
    dunders = [word for word in listed if word.startswith("_")]
    assert sorted(offered(package)) == [w for w in listed if w not in dunders]


@pytest.mark.parametrize("name", packages())
def test_all_lists_what_exists(name):
    package = importlib.import_module(name)
    missing = [w for w in getattr(package, "__all__", ()) if not hasattr(package, w)]
    assert missing == []


def test_no_room_hides_a_function_of_its_name():
    """Once imported, a room takes the place of what the front door has by its name."""
    rooms = {module.name for module in pkgutil.iter_modules(keras_residual.__path__)}
    for name in rooms & set(keras_residual.__all__):
        value = getattr(keras_residual, name)
        assert value is importlib.import_module(f"keras_residual.{name}")


def test_what_documents_write_is_there():
    root = Path(__file__).parents[1]
    files = [root / "README.md", *(root / "docs").glob("*.md")]
    used = {
        word
        for file in files
        for word in re.findall(r"\bkr\.([a-zA-Z_]+)", file.read_text(encoding="utf-8"))
    }
    assert used <= set(keras_residual.__all__)


def test_the_front_door_offers_the_six_words():
    for word in ("Residual", "blocks", "models", "shortcuts", "merges"):
        assert hasattr(keras_residual, word), word


def test_the_graph_lists_what_it_offers():
    assert dir(keras_residual.graph) == keras_residual.graph.__all__


@pytest.mark.parametrize("name", keras_residual.__all__)
def test_a_module_at_the_front_door_says_what_it_offers(name):
    value = getattr(keras_residual, name)
    if isinstance(value, types.ModuleType):
        listed = getattr(value, "__all__", [])
        assert listed, f"{value.__name__} needs an __all__"
        assert list(listed) == sorted(listed)
        assert dir(value) == list(listed), "not what it imports"


def test_types_know_the_words():
    named._fill()
    norms = get_args(named.NormWord)
    assert set(get_args(named.MergeWord)) == set(named.MERGES)
    assert {*get_args(named.ShortcutWord), *norms} == set(named.PARTS)
    assert set(get_args(named.ActivationWord)) == set(named.ACTIVATIONS)
    slots = get_type_hints(residual.Residual)
    for slot, known in (
        ("merge", named.MERGES),
        ("shortcut", get_args(named.ShortcutWord)),
        ("branch", named.PARTS | named.ACTIVATIONS),
        ("activation", named.PARTS | named.ACTIVATIONS),
    ):
        assert set(known) <= set(flat(slots[slot]))
    assert set(get_args(ColumnWord)) == {"all", *COLUMNS}
    fields = get_type_hints(recipe.Recipe)
    for name in ("augment", "class_weight", "layout", "task"):
        assert flat(fields[name]) == [*recipe.WORDS[name]], name


def flat(kind):
    return [word for one in get_args(kind) for word in get_args(one)]


NUMBERS = {"deepnorm_numbers", "drop_rates", "layer_scale_init", "nf_scales"}


@pytest.mark.parametrize("module", [parts, shortcuts, merges])
def test_help_says_what_is_made(module):
    kind = "Merge" if module is merges else "Part"
    for name in set(module.__all__) - NUMBERS:
        made = getattr(module, name)
        assert inspect.signature(made).return_annotation == kind, name
        assert f"A {kind.lower()}" in inspect.getdoc(made), name
