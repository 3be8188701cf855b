"""Derivatives, asked of whichever backend there is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras

Tensor = Any
Linear = Callable[[Tensor], Tensor]


def without_gradients() -> AbstractContextManager:
    """Returns a context in which nothing is kept for gradients."""
    if keras.backend.backend() != "torch":
        return nullcontext()
    import torch

    return torch.no_grad()


def gradients(
    function: Callable[[list[Tensor]], Tensor],
    at: list[Tensor],
    *,
    whole: bool = False,
) -> list:
    """Returns the gradient of a scalar function for each tensor of a list.

    Args:
        function: Takes the list and returns one number.
        at: Where the gradient is taken.
        whole: Whether JAX compiles it as one, where it would each operation.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        slope = jax.grad(function)
        return (jax.jit(slope) if whole else slope)(at)
    if backend == "tensorflow":
        return _tape_gradients(function, at)
    import torch

    with torch.enable_grad():
        given = [tensor.detach().requires_grad_() for tensor in at]
        value = function(given)
        found = torch.autograd.grad(
            value, given, allow_unused=True, materialize_grads=True
        )
    return list(found)


def _tape_gradients(function: Callable, at: list[Tensor]) -> list[Tensor]:
    import tensorflow as tf

    at = [tf.identity(tensor) for tensor in at]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(at)
        value = function(at)
    nothing = tf.UnconnectedGradients.ZERO
    return tape.gradient(value, at, unconnected_gradients=nothing)


def jacobian(function: Linear, at: Tensor) -> tuple[Linear, Linear]:
    """Returns the Jacobian at a point as two linear maps: `v -> J v`, `u -> J'u`.

    Where a backend has no forward mode that every operation supports, `J v` is the
    gradient of `J'u`, which is linear in `u`.

    Args:
        function: Takes one tensor and returns one.
        at: The point.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        _, forward = jax.linearize(function, at)
        backward = jax.linear_transpose(forward, at)
        return forward, lambda u: backward(u)[0]
    return (_tape_jacobian if backend == "tensorflow" else _torch_jacobian)(
        function, at
    )


def _tape_jacobian(function: Linear, at: Tensor) -> tuple[Linear, Linear]:
    import tensorflow as tf

    nothing = tf.UnconnectedGradients.ZERO
    at = tf.identity(at)
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as outer:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as inner:
            inner.watch(at)
            value = function(at)
        zero = tf.zeros_like(value)
        outer.watch(zero)
        pulled = inner.gradient(value, at, zero, unconnected_gradients=nothing)

    def forward(v: Tensor) -> Tensor:
        return outer.gradient(pulled, zero, v, unconnected_gradients=nothing)

    def backward(u: Tensor) -> Tensor:
        return inner.gradient(value, at, u, unconnected_gradients=nothing)

    return forward, backward


def _torch_jacobian(function: Linear, at: Tensor) -> tuple[Linear, Linear]:
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    options: dict[str, Any] = {"allow_unused": True, "materialize_grads": True}
    # Fused attention has no derivative of its derivative.
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        at = at.detach().requires_grad_()
        value = function(at)
        zero = torch.zeros_like(value).requires_grad_()
        (pulled,) = torch.autograd.grad(value, at, zero, create_graph=True, **options)

    def forward(v: Tensor) -> Tensor:
        return torch.autograd.grad(pulled, zero, v, retain_graph=True, **options)[0]

    def backward(u: Tensor) -> Tensor:
        return torch.autograd.grad(value, at, u, retain_graph=True, **options)[0]

    return forward, backward
