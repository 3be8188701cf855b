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
)
