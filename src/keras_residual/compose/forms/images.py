"""Blocks for images, signals and volumes: convolutions of any rank."""

from keras_residual.compose.forms.form import Form
from keras_residual.compose.forms.images_attention import ATTENTION
from keras_residual.compose.forms.images_dense import DENSE
from keras_residual.compose.forms.images_mobile import MOBILE

_HE = "He et al., Deep Residual Learning for Image Recognition, 2015"
_HE_LINK = "https://arxiv.org/abs/1512.03385"
_V2 = "He et al., Identity Mappings in Deep Residual Networks, 2016"
_V2_LINK = "https://arxiv.org/abs/1603.05027"
_DENSE = "Huang et al., Densely Connected Convolutional Networks, 2016"
_ZERO = "no identity, but its shortcut's activation with `zero_init=True`"

RESIDUAL: tuple[Form, ...] = (
    Form(
        name="blocks.basic",
        title="Basic block",
        equation=r"y = \mathrm{ReLU}(S(x) + N(W_2 * \mathrm{ReLU}(N(W_1 *_s x))))",
        start=_ZERO,
        use="Networks of up to some fifty layers.",
        paper=f"{_HE}, figure 5 left",
        link=_HE_LINK,
        code="kr.blocks.basic(4)",
    ),
    Form(
        name="blocks.bottleneck",
        title="Bottleneck, v1.5",
        equation=r"y = \mathrm{ReLU}(S(x) + N(W_3\, \mathrm{ReLU}(N(W_2 *_s "
        r"\mathrm{ReLU}(N(W_1 x))))))",
        start=_ZERO,
        use="Networks of fifty layers and more; weights of torchvision and timm.",
        paper=f"{_HE}, figure 5 right; the stride is in the 3x3 convolution",
        link=_HE_LINK,
        code="kr.blocks.bottleneck(1)",
    ),
    Form(
        name="blocks.bottleneck, v1",
        title="Bottleneck, v1",
        equation=r"y = \mathrm{ReLU}(S(x) + N(W_3\, \mathrm{ReLU}(N(W_2 * "
        r"\mathrm{ReLU}(N(W_1 *_s x))))))",
        start=_ZERO,
        use="Networks like those of keras.applications, whose convolutions have "
        "biases, too. Elsewhere v1.5, which reads each position.",
        paper=f"{_HE}, figure 5 right",
        link=_HE_LINK,
        code='kr.blocks.bottleneck(2, stride=2, stride_at="conv1")',
    ),
    Form(
        name="blocks.preactivation",
        title="Full pre-activation",
        equation=r"y = x + W_2 * \mathrm{ReLU}(N(W_1 * \mathrm{ReLU}(N(x))))",
        start="no identity, but the identity with `zero_init=True`",
        use="Deep networks, ended by a norm and an activation: the stream is free.",
        paper=_V2,
        link=_V2_LINK,
        code="kr.blocks.preactivation(4)",
    ),
    Form(
        name="blocks.preactivation_bottleneck",
        title="Full pre-activation, bottleneck",
        equation=r"y = x + W_3\, a(W_2 * a(W_1\, a(x))), \quad "
        r"a = \mathrm{ReLU} \circ N",
        start="no identity, but the identity with `zero_init=True`",
        use="Networks of a hundred layers and more.",
        paper=_V2,
        link=_V2_LINK,
        code="kr.blocks.preactivation_bottleneck(1)",
    ),
    Form(
        name="blocks.wide",
        title="Wide block",
        equation=r"y = x + W_2 * \mathrm{Dropout}(\mathrm{ReLU}(N(W_1 * "
        r"\mathrm{ReLU}(N(x)))))",
        start="no identity, but the identity with `zero_init=True`",
        use="Few blocks of many channels, for small pictures.",
        paper="Zagoruyko & Komodakis, Wide Residual Networks, 2016",
        link="https://arxiv.org/abs/1605.07146",
        code="kr.blocks.wide(4)",
    ),
    Form(
        name="blocks.resnext",
        title="ResNeXt block",
        equation=r"y = \mathrm{ReLU}\left(S(x) + \sum_{i=1}^{C} T_i(x)\right)",
        start=_ZERO,
        use="Better than a bottleneck of the same cost; slow where a backend has no "
        "fast grouped convolution.",
        paper="Xie et al., Aggregated Residual Transformations for Deep Neural "
        "Networks, 2016",
        link="https://arxiv.org/abs/1611.05431",
        code="kr.blocks.resnext(1, cardinality=2, base_width=128)",
    ),
    Form(
        name="blocks.se_bottleneck",
        title="SE-ResNet block",
        equation=r"y = \mathrm{ReLU}(S(x) + s \odot F(x)), \quad "
        r"s = \sigma(W_2\, \mathrm{ReLU}(W_1\, \mathrm{mean}(F(x))))",
        start=_ZERO,
        use="Better than a bottleneck at hardly more operations and a tenth more "
        "weights.",
        paper="Hu et al., Squeeze-and-Excitation Networks, 2017",
        link="https://arxiv.org/abs/1709.01507",
        code="kr.blocks.se_bottleneck(4, ratio=4)",
        shape=(6, 6, 16),
    ),
    Form(
        name="blocks.res2net",
        title="Res2Net block",
        equation=r"y_1 = x_1, \quad y_2 = K_2(x_2), \quad y_i = K_i(x_i + y_{i-1})",
        start=_ZERO,
        use="Where things of many sizes are to be seen: detection, segmentation.",
        paper="Gao et al., Res2Net: A New Multi-scale Backbone Architecture, 2019",
        link="https://arxiv.org/abs/1904.01169",
        code="kr.blocks.res2net(1, scale=3, base_width=128)",
    ),
    Form(
        name="blocks.pyramid",
        title="PyramidNet block",
        equation=r"y = [x, 0] + N(W_2 * \mathrm{ReLU}(N(W_1 * N(x))))",
        start="no identity, but its shortcut with `zero_init=True`",
        use="Networks that widen a little each block.",
        paper="Han et al., Deep Pyramidal Residual Networks, 2016",
        link="https://arxiv.org/abs/1610.02915",
        code="kr.blocks.pyramid(6)",
    ),
    Form(
        name="blocks.densenet_layer",
        title="DenseNet layer",
        equation=r"y = [x,\, W_2 * \mathrm{ReLU}(N(W_1\, \mathrm{ReLU}(N(x))))]",
        start="no identity, the input is the first channels of the output",
        use="Few weights; the memory grows with the square of the depth.",
        paper=_DENSE,
        link="https://arxiv.org/abs/1608.06993",
        code="kr.blocks.densenet_layer(2)",
        unit="concatenate",
    ),
    Form(
        name="blocks.densenet_transition",
        title="DenseNet transition",
        equation=r"y = \mathrm{AvgPool}_2(W\, \mathrm{ReLU}(N(x)))",
        start="no identity",
        use="Between two dense blocks.",
        paper=_DENSE,
        link="https://arxiv.org/abs/1608.06993",
        code="kr.blocks.densenet_transition()",
        unit="",
    ),
    Form(
        name="blocks.convnext",
        title="ConvNeXt block",
        equation=r"y = x + \gamma \odot W_2\, \mathrm{GELU}(W_1\, \mathrm{LN}(D * x))",
        start="identity to within 1e-5",
        use="The default for pictures where there is data, or a pretrained network.",
        paper="Liu et al., A ConvNet for the 2020s, 2022",
        link="https://arxiv.org/abs/2201.03545",
        code="kr.blocks.convnext(4)",
    ),
    Form(
        name="blocks.convnext_v2",
        title="ConvNeXt V2 block",
        equation=r"y = x + W_2\, \mathrm{GRN}(\mathrm{GELU}(W_1\, \mathrm{LN}(D * x)))",
        start="identity to within 0.05, as the kernels start small",
        use="ConvNeXt that was pretrained by masking.",
        paper="Woo et al., ConvNeXt V2: Co-designing and Scaling ConvNets with Masked "
        "Autoencoders, 2023",
        link="https://arxiv.org/abs/2301.00808",
        code="kr.blocks.convnext_v2(32)",
        shape=(6, 6, 32),
        lacks="Keras has no global response norm",
    ),
)

IMAGES: tuple[Form, ...] = (*ATTENTION, *RESIDUAL, *MOBILE, *DENSE)
