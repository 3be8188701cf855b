"""What is put in Keras's place for a while, and put back: all of it is here.

Each is for one thread and one `with`, which says what Keras would do instead. What the
package must know of Keras to read it is in `_keras.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from string import ascii_lowercase
from typing import Any

import keras
from keras.src.backend import compute_output_spec
from keras.src.backend import random as backend_random
from keras.src.backend.common.global_state import get_global_attribute
from keras.src.backend.common.stateless_scope import in_stateless_scope
from keras.src.initializers.random_initializers import RandomInitializer
from keras.src.ops.numpy import Einsum
from keras.src.utils.backend_utils import DynamicBackend
from keras.src.utils.tracking import DotNotTrackScope

_JAX_ARRAY = "__jax_array__"
_BEGINS = "_initialize_with_initializer"
_DRAWS_SEED = "draw_seed"
_MAKES_STATES = "_create_state_variables"
_WAITING = "uninitialized_variables"
_ONE_AT_A_TIME = threading.RLock()  # one stands inside another


@contextmanager
def _replaced(owner: Any, name: str, by: Callable[[Any], Any]) -> Iterator[None]:
    """Puts something in the place of an attribute, made of it, one thread at a time.

    What was there is read where no other thread has replaced it, and is put back.
    """
    with _ONE_AT_A_TIME:
        old = getattr(owner, name, None)
        setattr(owner, name, by(old))
        try:
            yield
        finally:
            setattr(owner, name, old)


@contextmanager
def operators_deferred() -> Iterator[None]:
    """Lets an array of JAX leave `array + symbol` to the symbol, in this thread.

    It asks a symbol for numbers first, which a symbol refuses; other backends do not.
    """
    here = threading.get_ident()

    def deferred(made: Any) -> property:
        def asked(symbol: Any) -> Any:
            if threading.get_ident() == here:
                raise AttributeError(_JAX_ARRAY)
            return made.__get__(symbol)

        return property(asked)

    with _replaced(keras.KerasTensor, _JAX_ARRAY, deferred):
        yield


@contextmanager
def capitals_lowered() -> Iterator[None]:
    """Lets `einsum` take symbols with capital letters in its equation, in this thread.

    Keras counts on small letters where it computes the shape, and on no others.
    """
    here = threading.get_ident()

    def lowering(compute: Callable) -> Callable:
        def computed(operation: Any, *operands: Any) -> Any:
            if threading.get_ident() == here:
                operation.subscripts = _in_small_letters(operation.subscripts)
            return compute(operation, *operands)

        return computed

    with _replaced(Einsum, "compute_output_spec", lowering):
        yield


def _in_small_letters(equation: str) -> str:
    free = iter(sorted({*ascii_lowercase} - {*equation}))
    capitals = sorted({one for one in equation if one.isupper()})
    return equation.translate({ord(one): next(free, one) for one in capitals})


@contextmanager
def backend_deferred() -> Iterator[None]:
    """Lets what Keras leaves to a backend of choice take symbols, in this thread.

    Its boxes are computed so: by the functions of the backend, and not by `keras.ops`.
    """
    here = threading.get_ident()

    def deferring(get: Callable) -> Callable:
        def got(chosen: Any, name: str) -> Any:
            ours = chosen.name == keras.backend.backend()
            if ours and threading.get_ident() == here and hasattr(keras.ops, name):
                return getattr(keras.ops, name)
            return get(chosen, name)

        return got

    with _replaced(DynamicBackend, "__getattr__", deferring):
        yield


@contextmanager
def fixed_seeds_told(tell: Callable[[], None]) -> Iterator[None]:
    """Tells of each draw of random numbers whose seed is a number, in this thread.

    Nothing else shows them: no state is written, and what is drawn is an array.

    Args:
        tell: Is called before the draw.
    """
    here = threading.get_ident()

    def telling(draw: Callable) -> Callable:
        def told(seed: Any) -> Any:
            if threading.get_ident() == here and isinstance(seed, int):
                tell()
            return draw(seed)

        return told

    with _replaced(backend_random, _DRAWS_SEED, telling):
        yield


@contextmanager
def states_declared(allow: Callable[[Any], None]) -> Iterator[None]:
    """Lets layers that keep states between calls declare them, in this thread.

    Keras makes those states with their zeros, which takes memory, and which it forbids
    in a `StatelessScope`. Meanwhile they are declared, as weights are there.

    Args:
        allow: Is told the states of a layer before they are declared.
    """
    here = threading.get_ident()

    def declaring(make: Callable) -> Callable:
        def declare(layer: Any, batch_size: int) -> None:
            if threading.get_ident() != here:
                make(layer, batch_size)
                return
            states: Any = compute_output_spec(
                lambda: layer.get_initial_state(batch_size)
            )
            allow(states)
            with DotNotTrackScope():  # as Keras does: they are no weights
                layer.states = [
                    keras.tree.map_structure(_declared_state, one) for one in states
                ]

        return declare

    with _replaced(keras.layers.RNN, _MAKES_STATES, declaring):
        yield


def _declared_state(state: keras.KerasTensor) -> keras.Variable:
    return keras.Variable("zeros", state.shape, state.dtype, trainable=False)


@contextmanager
def optimizers_declared() -> Iterator[None]:
    """Lets optimizers be built in a `StatelessScope`, in this thread.

    Keras forbids there to make variables that begin at a given number, as counters do.
    On TensorFlow optimizers know variables by what stands in them, and one copies it:
    that is nothing yet.
    """
    here = threading.get_ident()

    def declaring(make: Callable) -> Callable:
        def declare(
            variable: Any, initializer: Any, shape: Any = None, **settings: Any
        ) -> None:
            if threading.get_ident() == here and isinstance(initializer, int | float):
                kind = keras.backend.standardize_dtype(type(initializer))
                settings["dtype"] = settings.get("dtype") or kind
                initializer, shape = keras.initializers.Constant(initializer), ()
            make(variable, initializer, shape, **settings)

        return declare

    kind = keras.optimizers.Optimizer
    with (
        _replaced(keras.Variable, "__init__", declaring),
        _replaced(kind, "_var_key", _in_scope(here, id)),
        _replaced(kind, "assign", _in_scope(here, lambda variable: None)),
    ):
        yield


def _in_scope(here: int, instead: Callable[[Any], Any]) -> Callable:
    """Returns what stands in for a method of optimizers, in a scope and a thread."""

    def replaced(does: Callable) -> Callable:
        def done(optimizer: Any, variable: Any, *values: Any) -> Any:
            if threading.get_ident() == here and in_stateless_scope():
                return instead(variable)
            return does(optimizer, variable, *values)

        return done

    return replaced


@contextmanager
def weights_to_come() -> Iterator[None]:
    """Lets weights that would begin at random begin at zero, in this thread.

    Their values are about to be loaded. To draw others first takes time, and on JAX the
    compilation of a program for each shape.
    """
    here = threading.get_ident()

    def beginning(begin: Callable) -> Callable:
        def at_zero(variable: Any, initializer: Any) -> None:
            drawn = isinstance(initializer, RandomInitializer)
            if drawn and threading.get_ident() == here:
                initializer = keras.initializers.Zeros()
            begin(variable, initializer)

        return at_zero

    with _replaced(keras.Variable, _BEGINS, beginning):
        yield


@contextmanager
def no_variable_waits() -> Iterator[None]:
    """Gives variables that are made inside a scope without values theirs at the end.

    As Keras's generator of all seeds, which the first call without a seed makes. Keras
    would keep it in its list of those that wait, until a scope of somebody else's ends.
    """
    waiting: Any = get_global_attribute(_WAITING, [], set_to_default=True)
    before = len(waiting)
    try:
        yield
    finally:
        if not in_stateless_scope():
            made, waiting[before:] = waiting[before:], []
            for variable in made:
                if variable._value is None:
                    variable._deferred_initialize()
