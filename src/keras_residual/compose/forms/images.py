"""Blocks for images, signals and volumes: convolutions of any rank."""

from keras_residual.compose.forms.form import Form

IMAGES: tuple[Form, ...] = (
    Form(
        name="blocks.basic",
        title="Basic block",
        equation=r"y = \mathrm{ReLU}(S(x) + N(W_2 * \mathrm{ReLU}(N(W_1 *_s x))))",
        start="no identity, but its shortcut's activation with `zero_init=True`",
        use="Networks of up to some fifty layers.",
        paper="He et al., Deep Residual Learning for Image Recognition, 2015, "
        "figure 5 left",
        link="https://arxiv.org/abs/1512.03385",
        code="kr.blocks.basic(4)",
    ),
)
