"""Merges: what joins the paths."""

from keras_residual.compose.forms.form import Form

MERGES: tuple[Form, ...] = (
    Form(
        name="merges.add",
        title="Sum",
        equation=r"y = S(x) + F(x)",
        start="no identity, unless the branch starts at zero",
        use="The default. It never broadcasts.",
        paper="He et al., Deep Residual Learning for Image Recognition, 2015, "
        "equation 1",
        link="https://arxiv.org/abs/1512.03385",
        code='kr.Residual(kr.conv(4), merge="add")',
    ),
)
