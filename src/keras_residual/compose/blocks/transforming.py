"""The blocks of transformers: two sub-layers, and the places of norms."""

from __future__ import annotations

from typing import Any, Literal, get_args

from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import closest
from keras_residual.compose.arguments import Count, checked
from keras_residual.compose.named import NormSlot
from keras_residual.compose.naming import Scope
from keras_residual.compose.operations.normalization import as_norm
from keras_residual.compose.part import Part, Tensor, as_part, part
from keras_residual.compose.parts import attention as attend
from keras_residual.compose.parts import mlp as perceptron
from keras_residual.compose.parts import parallel, scale, scaled_init
from keras_residual.compose.residual import Residual

Placement = Literal["pre", "post", "res_post", "sandwich", "deepnorm"]
PLACEMENTS = get_args(Placement)


@checked
def sublayer(
    branch: Any,
    *,
    placement: Placement = "pre",
    norm: NormSlot = "layer",
    depth: Count | None = None,
    tail: Any = None,
) -> Residual:
    """Makes one sub-layer of a transformer: a branch, its skip and its norm.

    Use `"pre"` unless you have a reason: it trains without warm-up, and the network
    needs one more norm at its end. `"post"` needs the warm-up, `"res_post"` and
    `"sandwich"` (peri-norm) keep the stream from growing, and `"deepnorm"` is `"post"`
    for hundreds of layers. SubLN is `"pre"` with a branch that has norms inside:
    `kr.parts.mlp(norm="layer")`, `kr.parts.attention(8, norm="layer")`; that its
    kernels start `sqrt(log(2 depth))` times as large in its paper is left to you.

    Reference:
        Post: Vaswani et al., Attention Is All You Need, 2017,
        https://arxiv.org/abs/1706.03762. Pre: Xiong et al., On Layer Normalization in
        the Transformer Architecture, 2020, https://arxiv.org/abs/2002.04745.
        Res-post: Liu et al., Swin Transformer V2, 2021,
        https://arxiv.org/abs/2111.09883. Sandwich: Ding et al., CogView, 2021,
        https://arxiv.org/abs/2105.13290, and Kim et al., Peri-LN, 2025,
        https://arxiv.org/abs/2502.02732. DeepNorm: Wang et al., DeepNet, 2022,
        https://arxiv.org/abs/2203.00555.

    Args:
        branch: The part that computes the change, such as `kr.parts.mlp()`.
        placement: Where the norm `N` stands: `"pre"` is `x + F(N(x))`, `"post"`
            `N(x + F(x))`, `"res_post"` `x + N(F(x))`, `"sandwich"` `x + N(F(N(x)))`,
            and `"deepnorm"` `N(a x + F(x))` with `a = (2 depth)^(1/4)`.
        norm: A norm or its kind.
        depth: Layers of the network, of two sub-layers each; for `"deepnorm"` alone,
            whose kernels start smaller, too, by `(8 depth)^(-1/4)`, but those of
            queries and keys. Encoders with decoders have `kr.parts.deepnorm_numbers`.
        tail: Part at the end of the branch, such as `kr.drop_path(0.1)`.

    Returns:
        The recipe. Identity at initialisation: no.

    Raises:
        ResidualError: There is no such placement, or `"deepnorm"` has no depth.

    Examples:
        >>> kr.blocks.sublayer(kr.parts.mlp(), placement="sandwich")
        Residual([norm('layer'), mlp(), norm('layer')])
    """
    if placement not in PLACEMENTS:
        raise ResidualError(
            f"sublayer: there is no placement {placement!r}.",
            needed=f"It is one of {', '.join(map(repr, PLACEMENTS))}.",
            write=f"placement={closest(placement, PLACEMENTS)!r}",
        )
    if placement == "deepnorm" and depth is None:
        raise ResidualError(
            "sublayer: DeepNorm multiplies the shortcut by (2 depth)^(1/4).",
            needed="It has to know how many layers, of two sub-layers each, there are.",
            write="depth=12",
        )
    if placement == "deepnorm":
        branch = scaled_init(branch, (8.0 * (depth or 1)) ** -0.25)
    norm = as_norm(norm)
    first = norm if placement in ("pre", "sandwich") else None
    last = norm if placement in ("res_post", "sandwich") else None
    path = [each for each in (first, branch, last, tail) if each is not None]
    if placement in ("post", "deepnorm"):
        return Residual(path, _carrier(placement, depth), activation=norm)
    return Residual(path)


def _carrier(placement: str, depth: int | None) -> Any:
    if placement == "post":
        return "auto"
    return scale((2.0 * (depth or 1)) ** 0.25, trainable=False)


@part
@checked
def transformer(
    x: Tensor,
    scope: Scope,
    attention: Any,
    mlp: Any = None,
    *,
    placement: Placement = "pre",
    norm: NormSlot = "layer",
    depth: Count | None = None,
    tail: Any = None,
) -> Tensor:
    """Makes the block of a transformer: attention, then a perceptron, each with a skip.

    Causal attention makes it a decoder's, `kr.parts.attention(8, causal=True)`.

    Reference:
        Vaswani et al., Attention Is All You Need, 2017,
        https://arxiv.org/abs/1706.03762; the placements are those of `sublayer`.

    Args:
        attention: Heads of the attention, or the part that is the first branch.
        mlp: Hidden features of the perceptron, or the part that is the second branch.
            Four times the channels by default.
        placement: Where the norms stand, as in `sublayer`.
        norm: A norm or its kind.
        depth: Layers of the network: for `"deepnorm"` as in `sublayer`, else the
            initial values of the branches that are made here, as in `attention`.
        tail: Part at the end of each branch, such as `kr.dropout(0.1)`.

    Returns:
        The part. Identity at initialisation: no.

    Examples:
        >>> kr.blocks.transformer(4)(keras.Input((10, 32))).shape
        (None, 10, 32)
    """
    attention, mlp, depth = _branches(attention, mlp, depth, placement)
    how = {"placement": placement, "norm": norm, "depth": depth, "tail": tail}
    scope = Scope(scope.claim("transformer"))
    first, second = sublayer(attention, **how), sublayer(mlp, **how)
    return _in_order(x, scope, attention=first, mlp=second)


@part
@checked
def parallel_transformer(
    x: Tensor,
    scope: Scope,
    attention: Any,
    mlp: Any = None,
    *,
    norm: NormSlot = "layer",
    depth: Count | None = None,
    tail: Any = None,
) -> Tensor:
    """Makes the block whose attention and perceptron read the same norm, side by side.

    Their first products can be one, which is faster in large networks; small ones do a
    little better with `transformer`.

    Reference:
        Chowdhery et al., PaLM, 2022, https://arxiv.org/abs/2204.02311;
        Dehghani et al., Scaling Vision Transformers to 22 Billion Parameters, 2023,
        https://arxiv.org/abs/2302.05442.

    Args:
        attention: Heads of the attention, or the part that is one branch.
        mlp: Hidden features of the perceptron, or the part that is the other branch.
            Four times the channels by default.
        norm: A norm or its kind.
        depth: Layers of the network, for initial values as in `attention`.
        tail: Part behind the sum of both, such as `kr.drop_path(0.1)`.

    Returns:
        The part. Identity at initialisation: no.

    Examples:
        >>> kr.blocks.parallel_transformer(4)(keras.Input((10, 32))).shape
        (None, 10, 32)
    """
    both = parallel(_branches(attention, mlp, depth)[:2])
    return Residual([as_norm(norm), both, tail]).unfold(x, scope)


@part
@checked
def macaron(
    x: Tensor,
    scope: Scope,
    attention: Any,
    mlp: Any = None,
    *,
    placement: Placement = "pre",
    norm: NormSlot = "layer",
    depth: Count | None = None,
    tail: Any = None,
) -> Tensor:
    """Makes the block with half a perceptron before the attention and half after it.

    Each perceptron adds half of what it computes. A Conformer is made of such blocks,
    with a convolution behind the attention and one more norm behind all.

    Reference:
        Lu et al., Understanding and Improving Transformer From a Multi-Particle
        Dynamic System Point of View, 2019,
        https://arxiv.org/abs/1906.02762; Gulati et al., Conformer, 2020,
        https://arxiv.org/abs/2005.08100.

    Args:
        attention: Heads of the attention, or the part that is the middle branch.
        mlp: Hidden features of each perceptron, or the part that is both. Four times
            the channels by default.
        placement: Where the norms stand, as in `sublayer`.
        norm: A norm or its kind.
        depth: As in `transformer`.
        tail: Part at the end of each branch, such as `kr.dropout(0.1)`.

    Returns:
        The part. Identity at initialisation: no.

    Examples:
        >>> kr.blocks.macaron(4)(keras.Input((10, 32))).shape
        (None, 10, 32)
    """
    attention, mlp, depth = _branches(attention, mlp, depth, placement)
    how = {"placement": placement, "norm": norm, "depth": depth}
    half = sublayer(mlp, tail=[tail, scale(0.5, trainable=False)], **how)
    middle = sublayer(attention, tail=tail, **how)
    scope = Scope(scope.claim("macaron"))
    return _in_order(x, scope, mlp1=half, attention=middle, mlp2=half)


def _branches(
    attention: Any, mlp: Any, depth: int | None, placement: Placement = "pre"
) -> tuple[Part, Part, int | None]:
    """Returns the branches, and the depth that is left for the placement to use."""
    of_placement = depth if placement == "deepnorm" else None
    depth = None if of_placement else depth
    if isinstance(attention, int):
        attention = attend(attention, depth=depth)
    if mlp is None or isinstance(mlp, int):
        mlp = perceptron(mlp, depth=depth)
    return as_part(attention), as_part(mlp), of_placement


def _in_order(x: Tensor, scope: Scope, **units: Residual) -> Tensor:
    """Adds units one after the other, each named by its word."""
    for word, unit in units.items():
        x = unit.unfold(x, Scope(f"{scope.prefix}_{word}"))
    return x
