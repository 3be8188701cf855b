"""What an operation of a Keras graph does, in one word."""

from __future__ import annotations

import keras

MERGES = ("add", "average", "concatenate", "maximum", "minimum", "multiply", "subtract")
WEIGHTED = frozenset({"attention", "conv", "dense", "embedding", "layer", "recurrent"})
NONLINEAR = frozenset({"act", "op"})
_SHAPE_ALONE = ("FullLike", "OnesLike", "ZerosLike", "Weight", "Constant")
_PRODUCTS = ("Matmul", "Einsum", "Tensordot", "Dot", "Inner", "Vdot")

# Class names, own or inherited. Names and not classes, because half of them are not
# public and because other libraries' drop paths and layer scales should be known too.
_CLASSES = {
    "act": "Activation ReLU LeakyReLU PReLU ELU Softmax Relu Relu6 Sigmoid Softplus "
    "Softsign SoftShrink SparsePlus SparseSigmoid Silu Squareplus LogSigmoid LeakyRelu "
    "HardSigmoid HardSilu Elu Selu Gelu Celu Glu TanhShrink HardTanh HardShrink "
    "Threshold LogSoftmax Sparsemax Tanh",
    "attention": "MultiHeadAttention GroupedQueryAttention Attention AdditiveAttention "
    "DotProductAttention Dot HeadAttention",
    "conv": "BaseConv BaseDepthwiseConv BaseSeparableConv BaseConvTranspose Conv "
    "DepthwiseConv SeparableConv ConvTranspose StandardizedConv",
    "dense": "Dense EinsumDense",
    "dropout": "Dropout AlphaDropout GaussianDropout GaussianNoise DropPath "
    "StochasticDepth ShakeDrop",
    "embedding": "Embedding",
    "identity": "Identity ActivityRegularization Masking KeepMask OwnMask SetMask Cast "
    "Spare FillMasked AddLoss StopGradient Copy ConvertToTensor",
    "input": "InputLayer",
    "norm": "BatchNormalization LayerNormalization GroupNormalization RMSNormalization "
    "UnitNormalization BatchNorm LayerNorm RMSNorm",
    "pad": "ZeroPadding1D ZeroPadding2D ZeroPadding3D Pad PadImages PadToMultiple",
    "pool": "BasePooling BaseGlobalPooling BaseAdaptivePooling MaxPool AveragePool "
    "AdaptiveMaxPool AdaptiveAveragePool Mean Max Amax BlurPool",
    "recurrent": "RNN Bidirectional",
    "reshape": "Reshape Flatten Permute RepeatVector Transpose ExpandDims Squeeze "
    "Moveaxis Swapaxes Ravel DepthToSpace SpaceToDepth BroadcastTo Tile Spread",
    "scale": "Rescaling Normalization LayerScale Scale Negative Divide TrueDivide",
    "slice": "Half Cropping1D Cropping2D Cropping3D GetItem Slice CropImages CropLike",
    "upsample": "UpSampling1D UpSampling2D UpSampling3D Resize",
    "weight": "Weight Constant",
    "open": "OpenLanes",
    "collect": "Collect",
    "read": "StreamRead",
    "write": "StreamWrite",
    "close": "CloseLanes",
    "add": "Add",
    "average": "Average",
    "concatenate": "Concatenate",
    "maximum": "Maximum Fmax",
    "minimum": "Minimum Fmin",
    "multiply": "Multiply",
    "subtract": "Subtract",
}
_KIND_OF_CLASS = {
    name: kind for kind, names in _CLASSES.items() for name in names.split()
}


def kind_of(layer: keras.Operation, inputs: int = 1) -> str:
    """Says in one word what a layer or operation does.

    Args:
        layer: A Keras layer or operation.
        inputs: How many tensors of the graph it reads. `x + 1` reads one and scales,
            `x + y` reads two and merges.

    Returns:
        A word such as `"conv"`, `"norm"` or `"add"`; `"layer"` for an unknown layer
        that has weights and `"op"` for an unknown operation that has none.

    Examples:
        >>> kind_of(keras.layers.Conv2D(8, 3))
        'conv'
    """
    layer = unwrapped(layer)
    for parent in type(layer).__mro__:
        kind = _KIND_OF_CLASS.get(parent.__name__)
        if kind is not None:
            return _refine(kind, layer, inputs)
    return "layer" if getattr(layer, "weights", None) else "op"


def kind_with_weights(layer: keras.Operation, read: list[str]) -> str:
    """Says what an operation does that reads weights as other operations read data.

    `x + self.bias` shifts and merges nothing, a product with a kernel is a layer, and
    what reads weights alone is a weight.

    Args:
        layer: The layer or operation.
        read: The kinds of what it reads.
    """
    data = [one for one in read if one != "weight"]
    if len(data) == len(read):
        return kind_of(layer, len(read))
    if not data:
        return "weight"
    name = type(layer).__name__
    if name == "Spread":
        return read[0] if read[0] == "weight" else "reshape"
    if name == "Take":
        return "embedding"
    if name in _PRODUCTS:
        return "layer"
    kind = kind_of(layer, len(data))
    return "scale" if kind == "identity" and name.lower() in MERGES else kind


def fused_activation(layer: keras.Operation) -> bool:
    """Says whether a layer with weights ends in a non-linearity of its own."""
    activation = getattr(unwrapped(layer), "activation", None)
    return activation not in (None, keras.activations.linear)


def reads_shape_alone(layer: keras.Operation) -> bool:
    """Says whether a layer or operation uses no number of what it reads."""
    return type(layer).__name__ in _SHAPE_ALONE


def unwrapped(layer: keras.Operation) -> keras.Operation:
    """Looks through `TimeDistributed` and `SpectralNormalization`.

    Args:
        layer: A layer, or one that wraps another.
    """
    seen = 0
    while (
        isinstance(layer, keras.layers.Wrapper)
        and not isinstance(layer, keras.layers.Bidirectional)
        and seen < 8
    ):
        layer, seen = layer.layer, seen + 1
    return layer


def _refine(kind: str, layer: keras.Operation, inputs: int) -> str:
    if kind in MERGES and inputs < 2:
        return "identity" if isinstance(layer, keras.layers.Layer) else "scale"
    if kind == "scale" and inputs > 1:
        return "op"  # a quotient of two tensors
    if kind == "act" and not fused_activation(layer) and hasattr(layer, "activation"):
        return "identity"
    if kind == "dense" and _scales_channels(layer):
        return "scale"
    return kind


def _scales_channels(layer: keras.Operation) -> bool:
    """Says whether an `EinsumDense` is a layer scale, such as "...c,c->...c"."""
    equation = getattr(layer, "equation", "")
    if "->" not in equation:
        return False
    carried, weight = equation.split("->")[0].split(",")
    return len(weight) == 1 and equation.split("->")[1] == carried
