"""Blocks that make a picture of a picture, and those that mix places."""

from keras_residual.compose.forms.form import Form

DENSE: tuple[Form, ...] = (
    Form(
        name="blocks.convmixer",
        title="ConvMixer layer",
        equation=r"y = N(\mathrm{GELU}(W z)), \quad z = x + N(\mathrm{GELU}(D * x))",
        start="no identity",
        use="Patches of a picture, where attention would be too much.",
        paper="Trockman & Kolter, Patches Are All You Need?, 2022",
        link="https://arxiv.org/abs/2201.09792",
        code="kr.blocks.convmixer(4, kernel_size=3)",
    ),
    Form(
        name="blocks.edsr",
        title="EDSR block",
        equation=r"y = x + 0.1\, W_2 * \mathrm{ReLU}(W_1 * x)",
        start="no identity",
        use="Super-resolution: no norm, which would lose the range of the colours.",
        paper="Lim et al., Enhanced Deep Residual Networks for Single Image "
        "Super-Resolution, 2017",
        link="https://arxiv.org/abs/1707.02921",
        code="kr.blocks.edsr(4)",
    ),
    Form(
        name="blocks.rrdb",
        title="Residual in residual dense block",
        equation=r"y = x + \beta D_3(D_2(D_1(x))), \quad D(x) = x + \beta F(x), "
        r"\quad \beta = 0.2",
        start="no identity, but nearly 1.2 times its input",
        use="Super-resolution with an adversary.",
        paper="Wang et al., ESRGAN: Enhanced Super-Resolution Generative Adversarial "
        "Networks, 2018",
        link="https://arxiv.org/abs/1809.00219",
        code="kr.blocks.rrdb(4, growth_rate=2)",
    ),
    Form(
        name="blocks.unet_level",
        title="U-Net level",
        equation=r"y = C_2([z,\, \mathrm{up}(F(\mathrm{MaxPool}_2(z)))]), \quad "
        r"z = C_1(x)",
        start="no identity",
        use="A picture from a picture: segmentation, denoising.",
        paper="Ronneberger et al., U-Net: Convolutional Networks for Biomedical Image "
        "Segmentation, 2015, figure 1",
        link="https://arxiv.org/abs/1505.04597",
        code="kr.blocks.unet_level(4, kr.blocks.unet_bottom(8))",
        unit="concatenate",
    ),
    Form(
        name="blocks.unet_bottom",
        title="U-Net, two convolutions",
        equation=r"y = \mathrm{ReLU}(W_2 * \mathrm{ReLU}(W_1 * x))",
        start="no identity",
        use="The innermost level of a U-Net.",
        paper="Ronneberger et al., U-Net: Convolutional Networks for Biomedical Image "
        "Segmentation, 2015, figure 1",
        link="https://arxiv.org/abs/1505.04597",
        code="kr.blocks.unet_bottom(4)",
        unit="",
    ),
    Form(
        name="blocks.resunet_level",
        title="ResUNet level",
        equation=r"y = R_2([z,\, \mathrm{up}(F(z))]), \quad z = R_1(x) = S(x) + W_2 * "
        r"\mathrm{ReLU}(N(W_1 * x))",
        start="no identity",
        use="A picture from a picture, deeper than a U-Net trains.",
        paper="Zhang et al., Road Extraction by Deep Residual U-Net, 2017",
        link="https://arxiv.org/abs/1711.10684",
        code="kr.blocks.resunet_level(4, kr.blocks.preactivation(8, stride=2))",
        unit="concatenate",
    ),
)
