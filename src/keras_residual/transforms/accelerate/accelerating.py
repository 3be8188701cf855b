"""The same model, the same file, the same numbers, sooner."""

from __future__ import annotations

import ctypes
import gc
import sys
from importlib import import_module
from typing import Any, Literal

import keras

from keras_residual.common.errors import ResidualError
from keras_residual.common.terminal import first_sentence
from keras_residual.compose.arguments import checked
from keras_residual.graph.functional import no_model
from keras_residual.transforms.accelerate.comparing import (
    Behaviour,
    Runs,
    Samples,
    behaviour,
    compared,
    samples,
)
from keras_residual.transforms.accelerate.patch_set import USES, PatchSet
from keras_residual.transforms.accelerate.survey import layers_of
from keras_residual.transforms.original import tolerance_for
from keras_residual.transforms.proof import Proof, require
from keras_residual.transforms.rewritten import Rewritten

# Imported when asked for: each imports its backend.
_PATCH_SETS = {"jax": "Jax", "tensorflow": "TensorFlow", "torch": "Torch"}
_MARK = "_keras_residual_patches"
_WITHOUT = "the model without accelerate"


@checked
def accelerate(
    model: keras.Model,
    *,
    inputs: Any = None,
    use: Literal["training", "inference"] = "training",
) -> Rewritten:
    """Lets a model compute with the backend's native kernels; the model is changed.

    What its layers are does not change: their classes, configs, weights and files are
    Keras's, and what is saved, cloned or copied is plain. What they compute does not
    change either, which is tried here: the outputs in inference and in training, the
    gradients and the moving statistics. Only the way is another:

    - PyTorch: native convolution, pooling and batch normalisation; kernels lie in
      memory as these read them, and large ones on few pixels are matrix products; a
      Functional model's calls are planned once; an optimizer goes through its variables
      once.
    - TensorFlow: batch normalisation by the fused kernel; in training, 1×1 convolutions
      and wide ones on a few pixels as matrix products; momentum by its fused kernel.
    - JAX: convolutions as matrix products where XLA's own are slower: 1×1, and wide
      ones on small images.

    Call it before `fit`, or again after the optimizer is made: on PyTorch its memory of
    the kernels is laid out like them, which `fit` and `train_on_batch` see to.

    Args:
        model: Any built Keras model, ours or not.
        inputs: What to try the model on: arrays in the order of its inputs, or a dict
            by name; by default they are made up. A subclassed model needs them.
        use: `"training"` for every call. `"inference"` leaves calls that train as they
            are, needs neither their memory nor their time for the comparison, and on
            PyTorch keeps each kernel a second time, packed: it is packed anew after
            Keras assigns it, but what is written through PyTorch's `data` is not seen.

    Returns:
        The same model, what was changed, what was left and why, and how far it is from
        what it was.

    Raises:
        KindError: This is no Keras model.
        ResidualError: The model is not built, needs `inputs`, or would compute
            something else; then it is as it was. Or there is no such use.

    Examples:
        >>> model = kr.models.build("resnet8")
        >>> done = kr.accelerate(model)
        >>> done.model is model
        True
    """
    _demand_model(model)
    _demand_use(model, use)
    restore(model)
    patches = _patches(model, use)
    patches.install()
    if not patches.changes:
        return Rewritten(model, (), tuple(patches.left), Proof(()))
    patches.undo()
    hand_back()
    tried, before = _now(patches, inputs)
    release_compiled()
    patches.install()
    try:
        after = behaviour(Runs(patches), tried)
        proof = compared(tried, before, after, tolerance=tolerance_for(model))
        del before, after
        release_compiled()
        require(
            proof,
            name=model.name,
            rounding={"needed": "Rounding should do less.", "write": _WITHOUT},
            instead={"write": _WITHOUT},
        )
    except BaseException:
        patches.undo()
        raise
    model.__dict__[_MARK] = patches  # past Keras: no state to track
    _forget_traces(model)
    return Rewritten(model, tuple(patches.changes), tuple(patches.left), proof)


def restore(model: keras.Model) -> keras.Model:
    """Lets an accelerated model compute as Keras does; any other is left as it is.

    Args:
        model: A model that `accelerate` changed.

    Returns:
        The model.

    Raises:
        KindError: This is no Keras model.

    Examples:
        >>> model = kr.models.build("resnet8")
        >>> kr.restore(kr.accelerate(model).model) is model
        True
    """
    _demand_model(model)
    patches = model.__dict__.pop(_MARK, None)
    if patches is not None:
        patches.undo()
        _forget_traces(model)
    return model


def _demand_model(model: Any) -> None:
    if not isinstance(model, keras.Model):
        raise no_model("Only a Keras model can be accelerated.", model)
    if not model.built:
        raise ResidualError(
            f'Model "{model.name}": it is not built.',
            given=f"{type(model).__name__} without weights",
            needed="What a layer can be computed with depends on its shapes.",
            write="model.build((None, 32, 32, 3))",
        )


def _demand_use(model: keras.Model, use: str) -> None:
    if use not in USES:
        raise ResidualError(
            f'Model "{model.name}": there is no use {use!r}.',
            given=f"use={use!r}",
            needed="What a model is accelerated for is one of "
            f"{' and '.join(map(repr, USES))}; both, where it is left out.",
            write='accelerate(model, use="inference")',
        )


def _patches(model: keras.Model, use: str) -> PatchSet:
    backend = keras.config.backend()
    module = import_module(f"{__package__}.on_{backend}")
    return getattr(module, _PATCH_SETS[backend])(model, use)


def _now(patches: PatchSet, inputs: Any) -> tuple[Samples, Behaviour]:
    runs = Runs(patches)
    tried = samples(patches.model, runs, inputs, trains=patches.use == "training")
    try:
        return tried, behaviour(runs, tried, rounded=True)
    except Exception as error:  # the model's own, or the backend's
        if patches.use != "training" or isinstance(error, MemoryError):
            raise
        raise ResidualError(
            f'Model "{patches.model.name}": Keras cannot train it on this backend.',
            given=f"{keras.config.backend()}, which says: {first_sentence(error)}",
            needed="What is accelerated for training is compared in training, too.",
            write='accelerate(model, use="inference")',
        ) from error


def _forget_traces(model: keras.Model) -> None:
    """Has Keras trace its loops anew: the old ones hold what layers computed then."""
    for _, layer in layers_of(model):
        for name in ("train_function", "test_function", "predict_function"):
            if getattr(layer, name, None) is not None:
                setattr(layer, name, None)


def release_compiled() -> None:
    """Lets go of what was traced or compiled, which is as large as a model.

    It refers to itself, so that only the collector frees it.
    """
    gc.collect()
    hand_back()


def hand_back() -> None:
    """Hands back what the C library keeps of what was freed.

    It lies in pieces that no large array fits into, above all after a compiler.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
        if trim is not None:
            trim(0)
