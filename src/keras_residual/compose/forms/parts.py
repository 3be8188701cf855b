"""Parts on one path: scales, drops, attention over channels."""

from keras_residual.compose.forms.form import Form

PARTS: tuple[Form, ...] = (
    Form(
        name="parts.scale, ReZero",
        title="ReZero",
        equation=r"y = x + \alpha F(x), \quad \alpha = 0 \text{ at first}",
        start="identity",
        use="Deep networks without norms. Leave the number out of weight decay.",
        paper="Bachlechner et al., ReZero is All You Need, 2020",
        link="https://arxiv.org/abs/2003.04887",
        code="kr.Residual([kr.conv(4), kr.scale(0.0)])",
        lacks="Keras has no layer that holds one learned number",
    ),
    Form(
        name="parts.drop_path",
        title="Stochastic depth",
        equation=r"y = x + \frac{b}{1-p} F(x), \quad b \sim \mathrm{Bernoulli}(1 - p)",
        start="no identity",
        use="Deep networks that overfit; the rate grows with depth (`drop_rates`).",
        paper="Huang et al., Deep Networks with Stochastic Depth, 2016",
        link="https://arxiv.org/abs/1603.09382",
        code="kr.Residual([kr.conv(4), kr.drop_path(0.3, seed=1)])",
    ),
    Form(
        name="parts.drop_path, paper",
        title="Stochastic depth, a draw a batch",
        equation=r"y = x + b F(x) \text{ in training, } x + (1 - p) F(x) "
        r"\text{ in inference}",
        start="no identity",
        use="To do as the first paper's code did.",
        paper="Huang et al., Deep Networks with Stochastic Depth, 2016",
        link="https://arxiv.org/abs/1603.09382",
        code="kr.Residual([kr.conv(4), "
        'kr.drop_path(0.3, rescale="paper", per="batch", seed=1)])',
        lacks="Keras's Dropout has only the inverted convention",
    ),
    Form(
        name="parts.drop_path, without rescaling",
        title="Stochastic depth of NFNets",
        equation=r"y = x + b F(x) \text{ in training, } x + F(x) \text{ in inference}",
        start="no identity",
        use="NF-ResNets and NFNets, with rates that grow as l/L.",
        paper="Brock et al., High-Performance Large-Scale Image Recognition Without "
        "Normalization, 2021",
        link="https://arxiv.org/abs/2102.06171",
        code="kr.Residual([kr.conv(4), "
        'kr.drop_path(kr.parts.drop_rates(0.5, 4, "l/L")[2], rescale="none", seed=1)])',
        lacks="Keras's Dropout has only the inverted convention",
    ),
    Form(
        name="parts.norm, zero gamma",
        title="Zero-gamma",
        equation=r"y = x + \gamma \odot \hat{F}(x) + \beta, \quad "
        r"\gamma = 0 \text{ at first}",
        start="identity",
        use="Batch-normalised networks and large batches; blocks have `zero_init`.",
        paper="Goyal et al., Accurate, Large Minibatch SGD, 2017, section 5.1",
        link="https://arxiv.org/abs/1706.02677",
        code="kr.Residual([kr.conv(4, use_bias=False), "
        'kr.norm("batch", gamma_initializer="zeros")])',
    ),
    Form(
        name="parts.scale, SkipInit",
        title="SkipInit",
        equation=r"y = x + \alpha F(x), \quad \alpha = 0 \text{ at first}",
        start="identity",
        use="Deep networks without norms; behind stochastic depth.",
        paper="De & Smith, Batch Normalization Biases Residual Blocks Towards the "
        "Identity Function in Deep Networks, 2020",
        link="https://arxiv.org/abs/2002.10444",
        code="kr.Residual([kr.conv(4), kr.drop_path(0.3, seed=1), kr.scale(0.0)])",
        lacks="Keras has no layer that holds one learned number",
    ),
    Form(
        name="parts.scale, LayerScale",
        title="LayerScale",
        equation=r"y = x + \gamma \odot F(x), \quad "
        r"\gamma = 10^{-6} \text{ at first}",
        start="identity to within 1e-5",
        use="Deep transformers and ConvNeXt. `layer_scale_init(depth)` is the number.",
        paper="Touvron et al., Going deeper with Image Transformers, 2021, equation 4",
        link="https://arxiv.org/abs/2103.17239",
        code="kr.Residual([kr.conv(4), "
        'kr.scale(kr.parts.layer_scale_init(36), per="channel")])',
    ),
    Form(
        name="parts.scale, variance preserving",
        title="Variance-preserving sum",
        equation=r"y = \sqrt{1 - a^2}\, x + a F(x)",
        start="no identity",
        use="Sums of paths of variance 1 that is to stay 1; every block loses a share "
        "of the stream.",
        paper="Hayou et al., Stable ResNet, 2020, for the variance of plain sums",
        link="https://arxiv.org/abs/2010.12859",
        code="kr.Residual([kr.conv(4), kr.scale(0.6, trainable=False)], "
        "kr.scale(0.8, trainable=False))",
    ),
    Form(
        name="parts.fixed_scale, EDSR",
        title="Scaled branch of EDSR",
        equation=r"y = x + 0.1 F(x)",
        start="no identity",
        use="Wide networks without norms, such as those of super-resolution.",
        paper="Lim et al., Enhanced Deep Residual Networks for Single Image "
        "Super-Resolution, 2017",
        link="https://arxiv.org/abs/1707.02921",
        code="kr.Residual([kr.conv(4), kr.parts.fixed_scale('edsr')])",
    ),
    Form(
        name="parts.fixed_scale, Inception-ResNet",
        title="Scaled branch of Inception-ResNet",
        equation=r"y = x + 0.1 F(x)",
        start="no identity",
        use="More than a thousand filters, whose training dies.",
        paper="Szegedy et al., Inception-v4, Inception-ResNet and the Impact of "
        "Residual Connections on Learning, 2016",
        link="https://arxiv.org/abs/1602.07261",
        code="kr.Residual([kr.conv(4), kr.parts.fixed_scale('inception_resnet')])",
    ),
    Form(
        name="parts.fixed_scale, ESRGAN",
        title="Scaled branch of ESRGAN",
        equation=r"y = x + 0.2 F(x)",
        start="no identity",
        use="Residual in residual dense blocks.",
        paper="Wang et al., ESRGAN: Enhanced Super-Resolution Generative "
        "Adversarial Networks, 2018",
        link="https://arxiv.org/abs/1809.00219",
        code="kr.Residual([kr.conv(4), kr.parts.fixed_scale('esrgan')])",
    ),
    Form(
        name="parts.fixed_scale, 1/sqrt(L)",
        title="Stable ResNet",
        equation=r"y = x + \frac{1}{\sqrt{L}} F(x)",
        start="no identity",
        use="Deep networks whose size shall not depend on the depth.",
        paper="Hayou et al., Stable ResNet, 2020",
        link="https://arxiv.org/abs/2010.12859",
        code="kr.Residual([kr.conv(4), kr.parts.fixed_scale('1/sqrt(L)', depth=16)])",
    ),
    Form(
        name="parts.fixed_scale, 1/L",
        title="CompleteP",
        equation=r"y = x + \frac{1}{L} F(x)",
        start="no identity",
        use="Learning rates that carry over to other depths.",
        paper="Dey et al., Don't be lazy: CompleteP enables compute-efficient "
        "deep transformers, 2025",
        link="https://arxiv.org/abs/2505.01618",
        code="kr.Residual([kr.conv(4), kr.parts.fixed_scale('1/L', depth=16)])",
    ),
    Form(
        name="parts.fixed_scale, 1/sqrt(2)",
        title="Sum of two alike",
        equation=r"y = \frac{1}{\sqrt{2}}(S(x) + F(x))",
        start="no identity",
        use="Generators and diffusion networks, whose paths have variance 1.",
        paper="Karras et al., Analyzing and Improving the Image Quality of StyleGAN, "
        "2019",
        link="https://arxiv.org/abs/1912.04958",
        code='kr.Residual(kr.conv(4), activation=kr.parts.fixed_scale("1/sqrt(2)"))',
    ),
    Form(
        name="blocks.nf",
        title="NF-ResNet block",
        equation=r"y = x + \alpha g F(x / \beta), \quad g = 0 \text{ at first}",
        start="identity",
        use="Networks that must not depend on the batch. `nf_scales` tells beta.",
        paper="Brock et al., Characterizing Signal Propagation to Close the "
        "Performance Gap in Unnormalized ResNets, 2021",
        link="https://arxiv.org/abs/2101.08692",
        code="kr.blocks.nf(3, beta=kr.parts.nf_scales([3])[2])",
        shape=(6, 6, 12),
        lacks="Keras has no convolution that standardises its kernel",
    ),
    Form(
        name="blocks.nf, strided",
        title="NF-ResNet transition",
        equation=r"a = \gamma\, \mathrm{ReLU}(x / \beta), \quad "
        r"y = \hat{W} *_s a + \alpha g F(a)",
        start="no identity",
        use="The first block of a stage.",
        paper="Brock et al., Characterizing Signal Propagation to Close the "
        "Performance Gap in Unnormalized ResNets, 2021",
        link="https://arxiv.org/abs/2101.08692",
        code="kr.blocks.nf(3, stride=2, beta=1.2, gain=1.0)",
        lacks="Keras has no convolution that standardises its kernel",
    ),
)
