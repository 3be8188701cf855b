"""Shortcuts."""

from keras_residual.compose.forms.form import Form

_HE = "He et al., Deep Residual Learning for Image Recognition, 2015"
_HE_LINK = "https://arxiv.org/abs/1512.03385"

SHORTCUTS: tuple[Form, ...] = (
    Form(
        name="shortcuts.identity",
        title="Identity",
        equation=r"S(x) = x",
        start="no identity, unless the branch starts at zero",
        use="Wherever the shapes agree: nothing on the shortcut trains deepest.",
        paper="He et al., Identity Mappings in Deep Residual Networks, 2016, "
        "equation 3",
        link="https://arxiv.org/abs/1603.05027",
        code="kr.Residual(kr.conv(4), kr.shortcuts.identity())",
    ),
    Form(
        name="shortcuts.zero_pad",
        title="Option A, zeros behind",
        equation=r"S(x) = [x_{\downarrow s},\, 0]",
        start="no identity",
        use="CIFAR ResNets, where the shortcut is to have no weights.",
        paper=f"{_HE}, section 3.3, option A",
        link=_HE_LINK,
        code="kr.Residual(kr.conv(8, stride=2), kr.shortcuts.zero_pad())",
    ),
    Form(
        name="shortcuts.zero_pad, around",
        title="Option A, zeros on both sides",
        equation=r"S(x) = [0,\, x_{\downarrow s},\, 0]",
        start="no identity",
        use="To compare with networks that put half of the zeros first; their weights "
        "do not fit the other padding.",
        paper=f"{_HE}, section 3.3, option A",
        link=_HE_LINK,
        code='kr.Residual(kr.conv(8, stride=2), kr.shortcuts.zero_pad("around"))',
    ),
    Form(
        name="shortcuts.zero_pad, of what was averaged",
        title="PyramidNet shortcut",
        equation=r"S(x) = [\mathrm{AvgPool}_s(x),\, 0]",
        start="no identity",
        use="Networks whose width grows a little with each block.",
        paper="Han et al., Deep Pyramidal Residual Networks, 2016",
        link="https://arxiv.org/abs/1610.02915",
        code='kr.Residual(kr.conv(6, stride=2), [kr.pool("average"), "zero_pad"])',
    ),
    Form(
        name="shortcuts.projection",
        title="Projection (options B and C)",
        equation=r"S(x) = W_s *_s x",
        start="no identity",
        use="Where the shape changes (option B, also `auto`); everywhere (option C) "
        "only as a control, since it hurts at depth.",
        paper=f"{_HE}, equation 2 and section 3.3",
        link=_HE_LINK,
        code="kr.Residual(kr.conv(8, stride=2), kr.shortcuts.projection())",
    ),
    Form(
        name="shortcuts.pooled_projection",
        title="ResNet-D shortcut",
        equation=r"S(x) = W_s * \mathrm{AvgPool}_s(x)",
        start="no identity",
        use="Where a strided projection would read one position in four.",
        paper="He et al., Bag of Tricks for Image Classification with Convolutional "
        "Neural Networks, 2018, figure 2c",
        link="https://arxiv.org/abs/1812.01187",
        code="kr.Residual(kr.conv(8, stride=2), kr.shortcuts.pooled_projection())",
    ),
    Form(
        name="shortcuts.projection, 3x3",
        title="3x3 projection",
        equation=r"S(x) = N(W_s *_s x), \quad W_s \text{ of } 3 \times 3",
        start="no identity",
        use="Where the stride would skip positions; it costs nine times a 1x1.",
        paper="Zhang et al., Road Extraction by Deep Residual U-Net, 2017",
        link="https://arxiv.org/abs/1711.10684",
        code='kr.Residual(kr.conv(8, stride=2, padding="symmetric"), '
        'kr.shortcuts.projection("batch", kernel_size=3))',
    ),
    Form(
        name="blocks.preactivation, projected",
        title="Pre-activation projection",
        equation=r"a = \mathrm{ReLU}(N(x)), \quad y = W_s *_s a + F(a)",
        start="no identity",
        use="Where a pre-activation network changes shape: both paths read the same "
        "activation.",
        paper="He et al., Identity Mappings in Deep Residual Networks, 2016, appendix",
        link="https://arxiv.org/abs/1603.05027",
        code="kr.blocks.preactivation(8, stride=2)",
    ),
    Form(
        name="shortcuts.max_pool",
        title="Max-pool shortcut",
        equation=r"S(x) = \mathrm{MaxPool}_s(x)",
        start="no identity",
        use="A stride that keeps the width, without weights.",
        paper="Rajpurkar et al., Cardiologist-Level Arrhythmia Detection with "
        "Convolutional Neural Networks, 2017",
        link="https://arxiv.org/abs/1707.01836",
        code="kr.Residual(kr.conv(4, stride=2), kr.shortcuts.max_pool())",
    ),
    Form(
        name="shortcuts.max_pool, subsampling",
        title="Subsampling shortcut",
        equation=r"S(x) = x_{\downarrow s}",
        start="no identity",
        use="As keras.applications strides in ResNet v2, to take its weights.",
        paper="He et al., Identity Mappings in Deep Residual Networks, 2016, as "
        "keras.applications builds it",
        link="https://arxiv.org/abs/1603.05027",
        code='kr.Residual(kr.conv(4, stride=2, padding="symmetric"), '
        "kr.shortcuts.max_pool(1))",
    ),
    Form(
        name="shortcuts.blur_pool",
        title="Anti-aliased shortcut",
        equation=r"S(x) = N(W_s * \mathrm{BlurPool}_s(x))",
        start="no identity",
        use="Where outputs must not jump as the input moves by a pixel.",
        paper="Zhang, Making Convolutional Networks Shift-Invariant Again, 2019",
        link="https://arxiv.org/abs/1904.11486",
        code='kr.Residual([kr.conv(4), "relu", kr.parts.blur_pool(2, 3), kr.conv(8)], '
        '[kr.shortcuts.blur_pool(size=3), kr.shortcuts.projection("batch")])',
        lacks="Keras pads with zeros alone, and has no blur",
    ),
    Form(
        name="shortcuts.factorized_reduction",
        title="Two-path shifted subsample",
        equation=r"S(x) = N([W_1 * x_{\downarrow s},\, "
        r"W_2 * \mathrm{shift}(x)_{\downarrow s}])",
        start="no identity",
        use="Where a strided projection skips too much and pooling blurs too much.",
        paper="Gastaldi, Shake-Shake regularization, 2017",
        link="https://arxiv.org/abs/1705.07485",
        code='kr.Residual(kr.conv(8, stride=2, padding="symmetric"), '
        'kr.shortcuts.factorized_reduction("batch"))',
    ),
    Form(
        name="shortcuts.space_to_depth",
        title="Space to depth",
        equation=r"S(x) = \psi_s(x)",
        start="no identity",
        use="Networks that must lose nothing, such as invertible ones.",
        paper="Jacobsen et al., i-RevNet: Deep Invertible Networks, 2018",
        link="https://arxiv.org/abs/1802.07088",
        code='kr.Residual(kr.conv(16, stride=2, padding="symmetric"), '
        "kr.shortcuts.space_to_depth())",
    ),
    Form(
        name="shortcuts.low_rank",
        title="Low-rank shortcut",
        equation=r"S(x) = x + B A x, \quad B = 0 \text{ at first}",
        start="no identity, unless the branch starts at zero",
        use="A little to learn on the shortcut, at little cost.",
        paper="Menghani et al., LAuReL: Learned Augmented Residual Layer, 2024",
        link="https://arxiv.org/abs/2411.07501",
        code="kr.Residual(kr.conv(4), kr.shortcuts.low_rank(2))",
    ),
    Form(
        name="parts.norm, as a shortcut",
        title="Norm-only shortcut",
        equation=r"S(x) = N(x)",
        start="no identity",
        use="The last block of the ResNet for time series, and RepVGG; elsewhere the "
        "identity trains deeper.",
        paper="Wang et al., Time Series Classification from Scratch with Deep Neural "
        "Networks, 2016, as Fawaz et al. build it in 2018",
        link="https://arxiv.org/abs/1809.04356",
        code='kr.Residual(kr.conv(4), kr.norm("batch"))',
    ),
    Form(
        name="parts.scale, ResScale",
        title="ResScale",
        equation=r"y = \lambda \odot x + F(x), \quad \lambda = 1 \text{ at first}",
        start="no identity, unless the branch starts at zero",
        use="Deep MetaFormers, whose stream would outgrow their branches.",
        paper="Yu et al., MetaFormer Baselines for Vision, 2022, after "
        "Shleifer et al., NormFormer, 2021",
        link="https://arxiv.org/abs/2210.13452",
        code='kr.Residual(kr.conv(4), kr.scale(1.0, per="channel"))',
    ),
)
