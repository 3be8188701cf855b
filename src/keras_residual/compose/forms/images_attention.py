"""Parts that weigh channels or positions by what all positions hold."""

from keras_residual.compose.forms.form import Form

ATTENTION: tuple[Form, ...] = (
    Form(
        name="parts.squeeze_excite",
        title="Squeeze and excitation",
        equation=r"F \leftarrow s \odot F, \quad "
        r"s = \sigma(W_2\, \mathrm{ReLU}(W_1\, \mathrm{mean}(F)))",
        start="no identity",
        use="At the end of a branch, after its last norm.",
        paper="Hu et al., Squeeze-and-Excitation Networks, 2017",
        link="https://arxiv.org/abs/1709.01507",
        code="kr.Residual([kr.conv(4), kr.parts.squeeze_excite(2)])",
    ),
    Form(
        name="parts.eca",
        title="Efficient channel attention",
        equation=r"F \leftarrow \sigma(w * \mathrm{mean}(F)) \odot F",
        start="no identity",
        use="In place of squeeze and excitation, with a few weights in all.",
        paper="Wang et al., ECA-Net: Efficient Channel Attention for Deep "
        "Convolutional Neural Networks, 2019",
        link="https://arxiv.org/abs/1910.03151",
        code="kr.Residual([kr.conv(4), kr.parts.eca(3)])",
    ),
    Form(
        name="parts.cbam",
        title="Convolutional block attention",
        equation=r"F \leftarrow M_s(M_c(F) \odot F) \odot M_c(F) \odot F",
        start="no identity",
        use="Where positions are to be weighed, too.",
        paper="Woo et al., CBAM: Convolutional Block Attention Module, 2018",
        link="https://arxiv.org/abs/1807.06521",
        code="kr.Residual([kr.conv(4), kr.parts.cbam(2)])",
    ),
    Form(
        name="parts.grn",
        title="Global response norm",
        equation=r"y = x + \gamma \odot x \odot \frac{\lVert x_c \rVert}"
        r"{\mathrm{mean}_c \lVert x_c \rVert} + \beta",
        start="identity",
        use="After the activation of a wide layer, where channels die or are alike.",
        paper="Woo et al., ConvNeXt V2: Co-designing and Scaling ConvNets with Masked "
        "Autoencoders, 2023",
        link="https://arxiv.org/abs/2301.00808",
        code="kr.parts.grn()",
        unit="",
        lacks="Keras has no global response norm",
    ),
)
