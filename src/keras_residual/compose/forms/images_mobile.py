"""Blocks for small devices."""

from keras_residual.compose.forms.form import Form

_GHOST = "Han et al., GhostNet: More Features from Cheap Operations, 2019"

MOBILE: tuple[Form, ...] = (
    Form(
        name="blocks.inverted_residual",
        title="Inverted residual",
        equation=r"y = x + N(W_2\, a(D *_s a(W_1 x))), \quad a = \mathrm{ReLU6} "
        r"\circ N",
        start="no identity",
        use="Small devices. Without a shortcut where the shape changes.",
        paper="Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, "
        "2018",
        link="https://arxiv.org/abs/1801.04381",
        code="kr.blocks.inverted_residual(4, expansion=2)",
    ),
    Form(
        name="blocks.mbconv",
        title="MBConv",
        equation=r"y = x + N(W_2\, \mathrm{SE}(a(D *_s a(W_1 x)))), \quad "
        r"a = \mathrm{SiLU} \circ N",
        start="no identity",
        use="Networks for few operations; on accelerators `fused_mbconv` first.",
        paper="Tan & Le, EfficientNet: Rethinking Model Scaling for Convolutional "
        "Neural Networks, 2019",
        link="https://arxiv.org/abs/1905.11946",
        code="kr.blocks.mbconv(4, expansion=2)",
    ),
    Form(
        name="blocks.fused_mbconv",
        title="Fused-MBConv",
        equation=r"y = x + N(W_2\, \mathrm{SiLU}(N(W_1 *_s x)))",
        start="no identity",
        use="Early stages, where channels are few.",
        paper="Tan & Le, EfficientNetV2: Smaller Models and Faster Training, 2021",
        link="https://arxiv.org/abs/2104.00298",
        code="kr.blocks.fused_mbconv(4, expansion=2)",
    ),
    Form(
        name="blocks.shufflenet_v2",
        title="ShuffleNet V2 unit",
        equation=r"y = \mathrm{shuffle}([x_1,\, F(x_2)]), \quad [x_1, x_2] = x",
        start="no identity, but half of the channels are the input's",
        use="Small devices with little memory traffic to spend.",
        paper="Ma et al., ShuffleNet V2: Practical Guidelines for Efficient CNN "
        "Architecture Design, 2018",
        link="https://arxiv.org/abs/1807.11164",
        code="kr.blocks.shufflenet_v2(8)",
        shape=(6, 6, 8),
        unit="concatenate",
    ),
    Form(
        name="blocks.ghost_module",
        title="Ghost module",
        equation=r"y = [y',\, a(D * y')], \quad y' = a(W x), \quad a = \mathrm{ReLU} "
        r"\circ N",
        start="no identity",
        use="In place of a convolution, at half the cost.",
        paper=_GHOST,
        link="https://arxiv.org/abs/1911.11907",
        code="kr.blocks.ghost_module(4)",
        unit="concatenate",
    ),
    Form(
        name="blocks.ghost",
        title="Ghost bottleneck",
        equation=r"y = S(x) + G_2(G_1(x))",
        start="no identity",
        use="Small devices; where operations cost more than memory traffic.",
        paper=_GHOST,
        link="https://arxiv.org/abs/1911.11907",
        code="kr.blocks.ghost(4, hidden=8)",
    ),
    Form(
        name="blocks.repvgg",
        title="RepVGG block, as trained",
        equation=r"y = \mathrm{ReLU}(N(W_3 * x) + N(W_1 x) + N(x))",
        start="no identity",
        use="Where the network is to be a plain chain of convolutions once trained.",
        paper="Ding et al., RepVGG: Making VGG-style ConvNets Great Again, 2021",
        link="https://arxiv.org/abs/2101.03697",
        code="kr.blocks.repvgg(4)",
    ),
    Form(
        name="blocks.mobileone",
        title="MobileOne block, as trained",
        equation=r"y = \mathrm{ReLU}\left(\sum_k N(W_k z) + N(z)\right), \quad "
        r"z = \mathrm{ReLU}\left(\sum_k N(D_k * x) + N(d \odot x) + N(x)\right)",
        start="no identity",
        use="Phones: a plain chain of convolutions once trained.",
        paper="Vasu et al., MobileOne: An Improved One millisecond Mobile Backbone, "
        "2022",
        link="https://arxiv.org/abs/2206.04040",
        code="kr.blocks.mobileone(4, branches=2)",
    ),
)
