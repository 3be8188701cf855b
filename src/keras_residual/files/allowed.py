"""What a model's description may name: a frozen list, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from keras_residual._keras import SOURCE
from keras_residual.compose import layers

# Layers that compute from tensors, and from words in the file itself. Not here: those
# that hold code or load it (Lambda, TFSMLayer, TorchModuleWrapper, JaxLayer, FlaxLayer,
# Pipeline).
LAYERS = """
Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D
AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
Add AdditiveAttention AlphaDropout Attention Average AveragePooling1D AveragePooling2D
AveragePooling3D BatchNormalization Bidirectional CategoryEncoding CenterCrop
Concatenate Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose
ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D Cropping2D Cropping3D Dense DepthwiseConv1D
DepthwiseConv2D Discretization Dot Dropout ELU EinsumDense Embedding Flatten GRU GRUCell
GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
GroupNormalization GroupQueryAttention Hashing Identity InputLayer IntegerLookup LSTM
LSTMCell LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D
Maximum Minimum MultiHeadAttention Multiply Normalization PReLU Permute RMSNormalization
RNN RandomBrightness RandomContrast RandomCrop RandomErasing RandomFlip RandomGrayscale
RandomHue RandomRotation RandomSaturation RandomShear RandomTranslation RandomZoom ReLU
RepeatVector Rescaling Reshape Resizing ReversibleEmbedding SeparableConv1D
SeparableConv2D SimpleRNN SimpleRNNCell Softmax SpatialDropout1D SpatialDropout2D
SpatialDropout3D SpectralNormalization StackedRNNCells StringLookup Subtract
TextVectorization TimeDistributed UnitNormalization UpSampling1D UpSampling2D
UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
"""
# What `x + y` and `keras.ops` leave in a graph.
OPERATIONS = {
    "numpy": """
Absolute Add All Amax Amin Any Arccos Arccosh Arcsin Arcsinh Arctan Arctan2 Arctanh
Argmax Argmin Average BroadcastTo Ceil Clip Concatenate Conj Conjugate Copy Cos Cosh
Cumprod Cumsum Diagonal Divide DivideNoNan Dot Einsum Equal Exp Exp2 ExpandDims Expm1
Flip Floor FloorDivide FullLike GetItem Greater GreaterEqual Hstack Inner Isfinite Isinf
Isnan Less LessEqual Log Log10 Log1p Log2 Logaddexp LogicalAnd LogicalNot LogicalOr
LogicalXor Matmul Max Maximum Mean Median Min Minimum Mod Moveaxis Multiply NanToNum
Negative NotEqual OnesLike Outer Pad Power Prod Ravel Real Reciprocal Repeat Reshape
Roll Rot90 Round Sign Sin Sinh Sort Split Sqrt Square Squeeze Stack Std Subtract Sum
Swapaxes Take TakeAlongAxis Tan Tanh Tensordot Tile Trace Transpose Tril Triu TrueDivide
Trunc Var Vdot Vstack Where ZerosLike
""",
    "nn": """
AdaptiveAveragePool AdaptiveMaxPool AveragePool BatchNorm Celu Conv ConvTranspose
DepthToSpace DepthwiseConv DotProductAttention Elu Gelu Glu HardShrink HardSigmoid
HardSilu HardTanh LayerNorm LeakyRelu LogSigmoid LogSoftmax MaxPool Moments Normalize
OneHot RMSNorm Relu Relu6 Selu SeparableConv Sigmoid Silu SoftShrink Softmax Softplus
Softsign SpaceToDepth SparsePlus SparseSigmoid Sparsemax Squareplus TanhShrink Threshold
""",
    "math": "Erf Erfc FFT FFT2 IFFT2 Logsumexp Rsqrt TopK",
    "core": "Cast SaturateCast Slice SliceUpdate StopGradient Unstack",
    "linalg": "Norm",
    "image": "ExtractPatches HSVToRGB RGBToGrayscale RGBToHSV Resize",
    "einops": "Rearrange",
}
SETTINGS = {
    "keras": "DTypePolicy",
    "keras.dtype_policies": """
DTypePolicyMap Int4DTypePolicy QuantizedDTypePolicy QuantizedFloat8DTypePolicy
""",
    "keras.quantizers": """
AbsMaxQuantizer Float8QuantizationConfig Int4QuantizationConfig Int8QuantizationConfig
""",
    "keras.initializers": """
Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer
LecunNormal LecunUniform Ones Orthogonal OrthogonalInitializer RandomNormal
RandomUniform TruncatedNormal VarianceScaling Zeros
""",
    "keras.regularizers": "L1 L1L2 L2 OrthogonalRegularizer",
    "keras.constraints": "MaxNorm MinMaxNorm NonNeg UnitNorm",
}
LOSSES = """
BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy
CategoricalFocalCrossentropy CategoricalHinge CosineSimilarity Dice Hinge Huber
KLDivergence LogCosh MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError
MeanSquaredLogarithmicError Poisson SparseCategoricalCrossentropy SquaredHinge Tversky
"""
LOSS_FUNCTIONS = """
bce binary_crossentropy binary_focal_crossentropy categorical_crossentropy
categorical_focal_crossentropy categorical_hinge cosine_similarity dice hinge huber
kl_divergence kld log_cosh mae mape mean_absolute_error mean_absolute_percentage_error
mean_squared_error mean_squared_logarithmic_error mse msle poisson
sparse_categorical_crossentropy squared_hinge tversky
"""
# Not here: MultiOptimizer, which keeps functions.
OPTIMIZERS = """
Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion LossScaleOptimizer Muon
Nadam RMSprop SGD ScheduleFreeAdamW
"""
SCHEDULES = """
CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay PiecewiseConstantDecay
PolynomialDecay
"""
# Not here: MeanMetricWrapper, which keeps a function.
METRICS = """
AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy
CategoricalCrossentropy CategoricalHinge ConcordanceCorrelation CosineSimilarity F1Score
FBetaScore FalseNegatives FalsePositives Hinge IoU KLDivergence LogCoshError
MeanAbsoluteError MeanAbsolutePercentageError MeanIoU MeanSquaredError
MeanSquaredLogarithmicError OneHotIoU OneHotMeanIoU PearsonCorrelation Poisson Precision
PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError
SensitivityAtSpecificity SparseCategoricalAccuracy SparseCategoricalCrossentropy
SparseTopKCategoricalAccuracy SpecificityAtSensitivity SquaredHinge
TopKCategoricalAccuracy TrueNegatives TruePositives
"""
METRIC_FUNCTIONS = """
acc accuracy binary_accuracy binary_crossentropy binary_focal_crossentropy
categorical_accuracy categorical_crossentropy categorical_focal_crossentropy
categorical_hinge concordance_correlation hinge huber kl_divergence log_cosh mae mape
mean_absolute_error mean_absolute_percentage_error mean_squared_error
mean_squared_logarithmic_error mse msle pearson_correlation poisson
sparse_categorical_accuracy sparse_categorical_crossentropy
sparse_top_k_categorical_accuracy squared_hinge top_k_categorical_accuracy
"""
FUNCTIONS = """
celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh
leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink
softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh
tanh_shrink threshold
"""
MODELS = {
    (f"{SOURCE}models.functional", "Functional"),
    ("keras", "Functional"),
    ("keras", "Sequential"),
}
# Layers that keras.applications has for itself.
APPLICATIONS = {
    (f"{SOURCE}applications.convnext", "LayerScale"),
    (f"{SOURCE}applications.convnext", "StochasticDepth"),
    (f"{SOURCE}applications.inception_resnet_v2", "CustomScaleLayer"),
}


def _pairs(module: str, names: str) -> Iterator[tuple[str, str]]:
    return ((module, name) for name in names.split())


# Everything that takes tensors: it is called, and its calls are counted.
CALLED = frozenset(
    {
        *MODELS,
        *APPLICATIONS,
        *_pairs("keras.layers", LAYERS),
        *(
            pair
            for module, names in OPERATIONS.items()
            for pair in _pairs(f"{SOURCE}ops.{module}", names)
        ),
    }
)
PLAIN = frozenset(
    pair for module, names in SETTINGS.items() for pair in _pairs(module, names)
)
ACTIVATIONS = frozenset(
    pair
    for module in ("keras.activations", "builtins")
    for pair in _pairs(module, FUNCTIONS)
)
LOSS_NAMES = frozenset((*LOSSES.split(), *LOSS_FUNCTIONS.split()))
LOSS_OBJECTS = frozenset(
    {
        *_pairs("keras.losses", LOSSES),
        *_pairs("keras.losses", LOSS_FUNCTIONS),
        *_pairs("builtins", LOSS_FUNCTIONS),
    }
)
METRIC_NAMES = frozenset((*METRICS.split(), *METRIC_FUNCTIONS.split()))
METRIC_OBJECTS = frozenset(
    {
        *_pairs("keras.metrics", METRICS),
        *_pairs("keras.metrics", METRIC_FUNCTIONS),
        *_pairs("keras.losses", LOSS_FUNCTIONS),
        *_pairs("builtins", METRIC_FUNCTIONS),
    }
)
OPTIMIZER_NAMES = frozenset(OPTIMIZERS.split())
SCHEDULE_OBJECTS = frozenset(_pairs("keras.optimizers.schedules", SCHEDULES))
# Registered names of the layers that Keras lacks.
OURS = frozenset(
    keras.saving.get_registered_name(getattr(layers, name)) for name in layers.__all__
)
# Values that JSON cannot say. Lambdas and TensorFlow's types are not among them.
VALUES = frozenset({"__bytes__", "__ellipsis__", "__keras_tensor__", "__slice__"})
ARRAYS = frozenset({"__numpy__", "__tensor__"})
DTYPES = frozenset(
    {"bfloat16", "bool", "float16", "float32", "float64", "int8", "int16", "int32"}
    | {"int64", "uint8", "uint16", "uint32", "uint64"}
)
