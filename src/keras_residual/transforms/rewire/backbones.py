"""The same class with fewer layers, for a backbone that says how deep it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_residual._keras import is_keras_own
from keras_residual.common.errors import ResidualError
from keras_residual.common.terminal import first_sentence
from keras_residual.graph.agreement import called
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.blocks import Block
from keras_residual.graph.gradients import without_gradients
from keras_residual.graph.handing import masked_as
from keras_residual.graph.precision import whole_products
from keras_residual.graph.running import Runner, Values
from keras_residual.graph.unfolding.same import alike
from keras_residual.transforms.preconditions import NotApplicable

_DEPTH = ("layer", "block", "depth")  # what a setting of depth is mostly called


def shallower(
    analysis: Analysis, blocks: list[Block], gone: Block, known: Values
) -> keras.Model:
    """Returns a model of the same class without a block, on copies of the weights.

    Its class is asked for one layer less. Which setting says how many there are is
    found by trying: the new model has to compute what the old one does without the
    block.

    Args:
        analysis: A backbone, or a task that holds one as `backbone`.
        blocks: Its blocks.
        gone: The block that goes.
        known: Examples, by the index of their operation.

    Raises:
        ResidualError: No setting makes that model.
    """
    model = analysis.model
    count = sum(block.whole for block in blocks)
    wanted = _kept(analysis, blocks, gone)
    outputs = _without(analysis, gone, known)
    tried = []
    for setting, config in _configs(backbone_of(model), count):
        try:
            new = _made(model, config)
            _take(new, wanted)
            found = _outputs(new, analysis, known)
        except Exception as error:  # foreign code
            tried.append(f"{setting}: {first_sentence(error)}")
            continue
        if alike(outputs, found):
            return new
        tried.append(f"{setting}: the new model computes something else")
    raise _no_depth(model, gone, count, tried)


def need_class(model: Any) -> None:
    """Refuses a model of a class that cannot be asked for fewer layers.

    Args:
        model: A backbone, or a task that holds one.

    Raises:
        ResidualError: Its class is Keras's own, which has a config of all its layers.
    """
    kind = type(backbone_of(model))
    if is_keras_own(kind):
        raise ResidualError(
            f'Model "{model.name}": its class does not say how deep it is.',
            given=f"into='backbone', and a model of class {kind.__name__}",
            needed="A class that is made of settings, such as a backbone of "
            "keras-hub, is asked for fewer layers; what\n`kr.unfold` returns has "
            "lost it.",
            write='prune_depth(model, ..., units="block"), without into=',
        )


def backbone_of(model: Any) -> Any:
    """Returns the backbone of a task; a backbone is its own."""
    inner = getattr(model, "backbone", None)
    return inner if isinstance(inner, keras.Model) else model


def _configs(backbone: Any, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields settings with one layer less; those first that are called like that."""
    config = backbone.get_config()
    names = [k for k, v in config.items() if type(v) is int and v == count]
    for name in sorted(names, key=lambda k: not any(word in k for word in _DEPTH)):
        yield name, {**config, name: count - 1}


def _made(model: Any, config: dict[str, Any]) -> Any:
    backbone = type(backbone_of(model)).from_config(config)
    if backbone_of(model) is model:
        return backbone
    settings = {**model.get_config(), "backbone": backbone}
    if "preprocessor" in settings:
        settings["preprocessor"] = model.preprocessor
    return type(model).from_config(settings)


def _kept(analysis: Analysis, blocks: list[Block], gone: Block) -> list[Any]:
    """Returns the weights of all but the block, in order; what others share stays."""
    opened = analysis.unfolded.opened
    layers = {b.path: opened[b.path] for b in blocks if b.path in opened}
    if gone.path not in layers:
        raise _no_layer(analysis.model, gone)
    others = {id(w) for k, v in layers.items() if k != gone.path for w in v.weights}
    out = {id(weight) for weight in layers[gone.path].weights} - others
    return [weight for weight in analysis.model.weights if id(weight) not in out]


def _take(new: Any, wanted: list[Any]) -> None:
    pairs = list(zip(wanted, new.weights, strict=True))
    if any(a.shape != b.shape or a.name != b.name for a, b in pairs):
        raise NotApplicable("its weights are others")
    for old, copy in pairs:
        copy.assign(np.array(keras.ops.convert_to_numpy(old)))
        if copy.trainable != old.trainable:
            copy.trainable = old.trainable


def _without(analysis: Analysis, gone: Block, known: Values) -> list[Any]:
    """Returns the outputs of a model while a block hands on what it is given."""
    entry, end = gone.entry.index, gone.end and gone.end.index
    if end is None:
        raise _no_layer(analysis.model, gone)
    runner = Runner(analysis.graph, {end: (entry,)})
    edits = {end: lambda value, alive: masked_as(value, alive[entry])}
    with whole_products(), without_gradients():
        return runner.outputs(known, edits=edits)


def _outputs(new: Any, analysis: Analysis, known: Values) -> list[Any]:
    with whole_products(), without_gradients():
        return keras.tree.flatten(called(new, analysis.graph, known))


def _no_layer(model: Any, gone: Block) -> ResidualError:
    return ResidualError(
        f'Block "{gone.path}": no model of the same class can be made without it.',
        given=f"a unit of {type(model).__name__} that is no layer of its own",
        needed="A backbone is asked for fewer layers, and a layer is a block that only "
        "its stream leaves.",
        write='prune_depth(kr.unfold(model, x).model, ..., units="block")',
    )


def _no_depth(model: Any, gone: Block, count: int, tried: list[str]) -> ResidualError:
    name = type(backbone_of(model)).__name__
    return ResidualError(
        f'Block "{gone.path}": no model of class {name} can be made without it.',
        given="; ".join(tried) or f"no setting of its config is {count}",
        needed="One setting of `get_config()` has to be the number of blocks, and one "
        "less has to make a model that\ncomputes the same without the block.",
        write='prune_depth(kr.unfold(model, x).model, ..., units="block")',
    )
