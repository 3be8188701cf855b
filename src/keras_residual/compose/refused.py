"""What Keras refuses where we call it for a user: said in our words, with advice."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

import keras

from keras_residual.common.errors import KindError, ResidualError
from keras_residual.common.terminal import first_sentence

P = ParamSpec("P")
R = TypeVar("R")
_THEIRS = {"keras", "torch", "tensorflow", "jax", *sys.stdlib_module_names}


def takes_a_tensor(call: Callable[P, R]) -> Callable[P, R]:
    """Lets a recipe refuse what it is called with beside a tensor and a name.

    Args:
        call: What makes the layers.
    """
    accepts = inspect.signature(call)

    @functools.wraps(call)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            taken = accepts.bind(*args, **kwargs).arguments
        except TypeError as error:
            wrong, name = str(error), None
        else:
            name = taken.get("name")
            wrong = "" if isinstance(name, str | None) else "its name is no word"
        if not wrong:
            return call(*args, **kwargs)
        raise KindError(
            f"{args[0]!r:.80} is called on one tensor: {wrong}.",
            given=None if name is None else f"name={name!r:.80}",
            needed="It only makes layers: it takes a tensor, and a name for them.",
            write=_called(kwargs, name),
        )

    return asked


def _called(kwargs: Mapping[str, Any], name: Any) -> str:
    """Returns how to call a recipe, or what it makes."""
    if "training" in kwargs:
        return "model(data, training=True), with model = keras.Model(inputs, outputs)"
    if isinstance(name, keras.KerasTensor):
        return "x = keras.layers.Concatenate()([x, y]), and block(x)"
    return 'block(x, name="stage1_block1")'


def no_part(value: Any) -> KindError:
    """Returns the error of what stands where a part is needed.

    Args:
        value: What was given.
    """
    return KindError(
        f"{value!r:.200} is no part.",
        needed="A part is a Keras layer or model, a function of a tensor, a list of "
        'parts, or a word such as "relu".',
        write=_into_part(value),
    )


def _into_part(value: Any) -> str:
    """Returns what makes a part of what was given."""
    if isinstance(value, keras.KerasTensor):
        return "kr.Residual(branch)(x), the block called on the tensor"
    if isinstance(value, bool):
        return "nothing for what is usual, or None for none of it"
    if isinstance(value, int) and value > 0:
        return f"kr.conv({value}) or kr.dense({value})"
    if isinstance(value, float) and 0 < value < 1:
        return f"kr.drop_path({value!r}) or kr.dropout({value!r})"
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return f"kr.Residual({', '.join(f'{key}=...' for key in value)})"
    return ""


@contextmanager
def told(part: Any, x: Any, where: str) -> Iterator[None]:
    """Tells what Keras refuses: where, what it was given, and what to write.

    What a layer or a function of the user's own raises is left as it is.

    Args:
        part: What is applied.
        x: The tensor.
        where: The block.

    Raises:
        ResidualError: Keras refused.
    """
    try:
        yield
    except ResidualError:
        raise
    except (TypeError, ValueError, RuntimeError) as error:
        if not _is_theirs(error.__traceback__):
            raise
        raise ResidualError(
            f"{where}: Keras does not take {part!r:.200}.",
            given=f"a tensor {x.shape}",
            needed=first_sentence(error),
            write=_advice(part, x),
        ) from error


def _is_theirs(trace: TracebackType | None) -> bool:
    """Says whether what we called last was Keras, and it called nobody's code."""
    rooms: list[str] = []
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__"))
        rooms.append(name.partition(".")[0])
        trace = trace.tb_next
    after = rooms[::-1]
    if "keras_residual" in after:
        after = after[: after.index("keras_residual")]
    return bool(after) and _THEIRS.issuperset(after)


_NAMED = {
    "activation": keras.activations,
    "constraint": keras.constraints,
    "function": keras.activations,
    "initializer": keras.initializers,
    "regularizer": keras.regularizers,
}
"""Arguments that take a word of Keras's: how they end, and where it looks."""
_LAYERS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.Dense,
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.MultiHeadAttention,
)
"""Those that our parts pass options to."""


_ATTENTIONS = (
    keras.layers.MultiHeadAttention,
    keras.layers.GroupQueryAttention,
    keras.layers.Attention,
)


def _advice(part: Any, x: Any) -> str:
    """Returns what to write instead of the first argument that Keras cannot take."""
    given: Mapping[str, Any] = getattr(part, "given", {})
    if isinstance(getattr(part, "layer", None), _ATTENTIONS):
        return "lambda x: layer(x, x), for self-attention, or kr.parts.attention(heads)"
    own = inspect.signature(part.build).parameters if given else {}
    for key, value in given.items():
        module = next((_NAMED[end] for end in _NAMED if key.endswith(end)), None)
        if module and isinstance(value, str) and (near := _near_words(module, value)):
            return " or ".join(f"{key}={word!r}" for word in near)
        if key not in own and (near := _near_option(key)):
            return f"{near}={value!r:.40}"
    if "groups" in given and "kind" in own and given.get("kind") != "group":
        return f'norm("group", groups={given["groups"]})'
    return _groups(given, x) or _padding(given, x)


def _near_words(module: Any, word: str) -> list[str]:
    """Returns the words that may be meant, where Keras does not know this one."""
    try:
        module.get(word)
    except ValueError:
        known = [name for name in dir(module) if name == name.lower()]
        words = {name for name in known if not name.startswith("_")}
        return get_close_matches(word.lower(), sorted(words - _HELPERS), 2, 0.5)
    return []


_HELPERS = {"get", "serialize", "deserialize"}


def _near_option(key: str) -> str:
    """Returns the option that was meant, where no layer has one of this name."""
    known = {"dtype", "trainable"}
    for layer in _LAYERS:
        known |= {*inspect.signature(layer).parameters} - {"kwargs"}
    return "" if key in known else next(iter(get_close_matches(key, known, 1)), "")


def _groups(given: Mapping[str, Any], x: Any) -> str:
    """Returns as many groups as divide the channels, where those given do not."""
    groups = given.get("groups")
    last = keras.config.image_data_format() == "channels_last"
    sizes = [x.shape[-1 if last else 1], given.get("filters")]
    known = [size for size in sizes if isinstance(size, int)]
    if not known or not isinstance(groups, int):
        return ""
    fit = [n for n in range(1, min(known) + 1) if not any(size % n for size in known)]
    if groups in fit:
        return ""
    return f"groups={max((n for n in fit if n <= groups), default=1)}"


def _padding(given: Mapping[str, Any], x: Any) -> str:
    """Returns the padding that always fits, where the given one does not."""
    window = given.get("kernel_size", given.get("size", 1))
    windows = window if isinstance(window, tuple) else (window,)
    sizes = [size for size in x.shape[1:] if isinstance(size, int)]
    large = given.get("padding") == "valid" and max(windows) > min(sizes, default=0)
    causal = given.get("padding") == "causal" and len(x.shape) != 3
    return "padding='same'" if large or causal else ""
