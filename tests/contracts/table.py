"""The one table of everything public that is built: each row keeps every promise.

`test_promises.py` runs the promises over the rows, and fails where a public name has
none. A row's name is the public name; after a comma stands what is special.
"""

import keras_residual as kr
from keras_residual.compose.forms import FORMS

from .forms import SILENT, form_of
from .layers import BLUR, MORE_LAYERS, NUMBER, STANDARDIZED, channel_axis
from .row import Row
from .rows_of_sequences import SEQUENCES

# No size equals the number of channels: on TensorFlow `keras.ops.add` takes a bias of
# `channels_first` for one along the last axis where both have the same length.
SEQUENCE, VOLUME, FEATURES = (9, 4), (5, 3, 6, 4), (8,)


def _shortcut(name: str, *, stride: int = 2, filters: int = 8) -> Row:
    """The shortcut beside a convolution, which changes the shape unless told not to."""

    def create() -> kr.Residual:
        branch = kr.conv(filters, stride=stride)
        return kr.Residual(branch, shortcut=getattr(kr.shortcuts, name)())

    return Row(f"shortcuts.{name}", create)


def _merge(name: str) -> Row:
    def create() -> kr.Residual:
        return kr.Residual(kr.conv(4), merge=getattr(kr.merges, name)())

    return Row(f"merges.{name}", create)


_not_inverted = "Keras's Dropout has only the inverted convention"
_zero = r"branch_(?!norm2)(conv|norm)"  # all of the branch but the norm that is zero


PARTS = [
    Row("parts.act", lambda: kr.act("relu")),
    Row("parts.blur_pool", kr.parts.blur_pool, VOLUME, ours=BLUR),
    Row("parts.conv", lambda: kr.conv(8, 3)),
    Row("parts.conv, strided", lambda: kr.conv(8, 3, stride=2, padding="symmetric")),
    Row("parts.conv, a sequence", lambda: kr.conv(8, 5, dilation_rate=2), SEQUENCE),
    Row("parts.conv, a volume", lambda: kr.conv(8, 3), VOLUME),
    Row("parts.conv, grouped", lambda: kr.conv(8, 3, groups=2, use_bias=False)),
    Row("parts.dense", lambda: kr.dense(8, activation="relu"), FEATURES),
    Row("parts.depthwise", lambda: kr.depthwise(3, stride=2, padding="symmetric")),
    Row("parts.depthwise, a sequence", lambda: kr.depthwise(3), SEQUENCE),
    Row("parts.depthwise, a volume", lambda: kr.depthwise(3), VOLUME),
    Row("parts.drop_path", lambda: kr.drop_path(0.3, seed=1)),
    Row(
        "parts.drop_path, paper",
        lambda: kr.drop_path(0.3, rescale="paper", per="batch", seed=1),
        ours=_not_inverted,
    ),
    Row("parts.dropout", lambda: kr.dropout(0.3, seed=1)),
    Row("parts.nest", lambda: kr.nest(kr.blocks.basic(4))),
    Row("parts.norm", lambda: kr.norm("batch")),
    Row("parts.norm, layer", lambda: kr.norm("layer")),
    Row("parts.norm, group", lambda: kr.norm("group"), SEQUENCE),
    Row("parts.norm, rms", lambda: kr.norm("rms")),
    Row("parts.padded", lambda: kr.parts.padded(kr.conv(4), 5)),
    Row("parts.parallel", lambda: kr.parallel([kr.conv(4, 1), kr.conv(4)])),
    Row("parts.pool", lambda: kr.pool("max", 3, stride=2, padding="symmetric")),
    Row("parts.pool, average", lambda: kr.pool("average", 2), SEQUENCE),
    Row("parts.pool, global", lambda: kr.pool("global_average")),
    Row("parts.scale", lambda: kr.scale(0.5), ours=NUMBER),
    Row("parts.scaled_init", lambda: kr.parts.scaled_init(kr.conv(8, 3), 0.5)),
    Row("parts.scale, per channel", lambda: kr.scale(0.5, per="channel")),
    Row("parts.scale, fixed", lambda: kr.scale(0.1, trainable=False)),
    Row("parts.scaled_act", lambda: kr.parts.scaled_act("silu")),
    Row(
        "parts.standardized_conv",
        lambda: kr.parts.standardized_conv(8),
        ours=STANDARDIZED,
    ),
    Row("parts.space_to_depth", kr.parts.space_to_depth),
]

SHORTCUTS = [
    _shortcut("auto"),
    Row(
        "shortcuts.crop",
        lambda: kr.Residual(kr.conv(4, padding="valid"), kr.shortcuts.crop()),
        (7, 7, 4),  # and so none of what is left of it
    ),
    _shortcut("identity", stride=1, filters=4),
    _shortcut("none"),
    _shortcut("pooled_projection"),
    _shortcut("projection"),
    _shortcut("zero_pad"),
    Row(
        "shortcuts.projection, of what was pooled",
        lambda: kr.Residual(
            kr.conv(8, stride=2), [kr.pool("max", 2), kr.shortcuts.projection()]
        ),
    ),
    Row(
        "shortcuts.projection, of features",
        lambda: kr.Residual(kr.dense(4), shortcut=kr.shortcuts.projection("batch")),
        FEATURES,
    ),
    Row(
        "shortcuts.zero_pad, of features",
        lambda: kr.Residual(kr.dense(12), shortcut=kr.shortcuts.zero_pad("around")),
        FEATURES,
    ),
]

MERGES = [
    *map(_merge, ("add", "average", "concatenate", "gate", "multiply", "two_gates")),
    Row(
        "merges.gate, of features",
        lambda: kr.Residual(kr.dense(8), merge=kr.merges.gate(bias=-1.0)),
        FEATURES,
    ),
]

BLOCKS = [
    Row("blocks.basic", lambda: kr.blocks.basic(4)),
    Row("blocks.basic, strided", lambda: kr.blocks.basic(8, stride=2)),
    Row("blocks.basic, a sequence", lambda: kr.blocks.basic(8, stride=2), SEQUENCE),
    Row("blocks.basic, a volume", lambda: kr.blocks.basic(8, stride=2), VOLUME),
    Row(
        "blocks.basic, zero init",
        lambda: kr.blocks.basic(4, zero_init=True),
        silent=_zero,
        because="the last norm multiplies with zero, and only its own weights move",
    ),
    Row("blocks.basic, layer norm", lambda: kr.blocks.basic(4, norm="layer")),
    Row("blocks.basic, no norm", lambda: kr.blocks.basic(4, norm=None)),
    Row("blocks.bottleneck", lambda: kr.blocks.bottleneck(2, stride=2)),
    Row(
        "blocks.bottleneck, pooled",
        lambda: kr.blocks.bottleneck(2, stride=2, shortcut="pooled_projection"),
    ),
    Row("blocks.preactivation", lambda: kr.blocks.preactivation(4)),
    Row(
        "blocks.preactivation, strided",
        lambda: kr.blocks.preactivation(8, stride=2, tail=kr.drop_path(0.1)),
    ),
    Row(
        "blocks.preactivation, ReZero",
        lambda: kr.blocks.preactivation(4, tail=kr.scale(0.0)),
        ours=NUMBER,
        silent=r"branch_(conv|norm)",
        because="the branch is multiplied with zero, and only the number moves",
    ),
    Row(
        "blocks.preactivation_bottleneck",
        lambda: kr.blocks.preactivation_bottleneck(2, stride=2),
    ),
    Row("blocks.tabular", lambda: kr.blocks.tabular(8, dropout_rate=0.1), FEATURES),
    # A scale of 1e-6 would leave gradients that are hard to tell from none.
    Row("blocks.convnext", lambda: kr.blocks.convnext(4, scale_init=0.1)),
    Row(
        "blocks.convnext, a volume",
        lambda: kr.blocks.convnext(4, kernel_size=3, scale_init=0.1),
        VOLUME,
    ),
    Row("blocks.wide, strided", lambda: kr.blocks.wide(8, stride=2)),
    Row("blocks.mbconv, strided", lambda: kr.blocks.mbconv(8, stride=2)),
    Row(
        "blocks.res2net, strided",
        lambda: kr.blocks.res2net(1, stride=2, base_width=128),
    ),
]

CLASSIC = [
    Row(
        block.__name__,
        lambda block=block: lambda x: block(x, 8),
        silent=silent,
        because=because,
    )
    for block, silent, because in [
        (kr.residual_block, "", ""),
        (kr.residual_block_with_activation, "", ""),
        (
            kr.residual_block_with_batchnorm,
            r"branch_conv\d/bias",
            "the norm that follows subtracts what a bias adds",
        ),
        (kr.expanded_residual_block, "", ""),
        (kr.identity_residual_block, "", ""),
    ]
]

_a_layer = "a layer that holds a graph is not one of Keras's"


LAYERS = [
    *SEQUENCES,
    Row("layer", lambda: kr.layer(kr.blocks.basic(4), name="block"), ours=_a_layer),
    Row(
        "layers.Block",
        lambda: kr.layers.Block(kr.blocks.basic(8, stride=2), name="block"),
        SEQUENCE,
        ours=_a_layer,
    ),
    Row(
        "layers.DropPath",
        lambda: kr.layers.DropPath(0.3, rescale="none", seed=1, name="drop"),
        ours=_not_inverted,
    ),
    Row(
        "layers.GlobalResponseNorm",
        lambda: kr.layers.GlobalResponseNorm(channel_axis(), name="grn"),
        ours="Keras has no global response norm",
    ),
]

MODELS = [
    Row("models.resnet8", dict, (8, 8, 3)),
    Row(
        "models.resnet8, other parts",
        lambda: {"shortcut": "pooled_projection", "norm": "group", "zero_init": True},
        (8, 8, 3),
        silent=_zero,
        because="each last norm multiplies with zero, and only its own weights move",
    ),
    Row("models.resnet8, plain", lambda: {"shortcut": "none"}, (16, 3)),
    Row("models.resnet8_v2", dict, (8, 8, 3)),
    Row(
        "models.tabular_resnet",
        dict,
        FEATURES,
        silent=r"(stem_dense1|branch_dense2)/bias",
        because="each reader of the stream is a norm, which subtracts what a bias adds",
    ),
]

WITHOUT_A_FORM = [
    *PARTS,
    *SHORTCUTS,
    *MERGES,
    *BLOCKS,
    *CLASSIC,
    *LAYERS,
    *MORE_LAYERS,
    *MODELS,
]

OF_FORMS = [
    Row(form.name, form_of(form), form.shape, form.lacks, *SILENT.get(form.name, ()))
    for form in FORMS
    if form.name not in {row.name for row in WITHOUT_A_FORM}
]
"""What the table of forms has and no row above."""

ROWS = [*WITHOUT_A_FORM, *OF_FORMS]

NO_ROW = {
    "connect": "each connection has one",
    "connections.Connection": "the contract, which `plain` is",
    "connections.Step": "where a connection is",
    "parts.deepnorm_numbers": "numbers, not layers",
    "parts.drop_rates": "numbers, not layers",
    "parts.layer_scale_init": "a number, no layer",
    "parts.nf_scales": "numbers, not layers",
}
"""Public names that build nothing, and why."""
