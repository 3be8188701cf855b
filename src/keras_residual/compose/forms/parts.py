"""Parts on one path: scales, drops, attention over channels."""

from keras_residual.compose.forms.form import Form

PARTS: tuple[Form, ...] = (
    Form(
        name="parts.scale, ReZero",
        title="ReZero",
        equation=r"y = x + \alpha F(x), \quad \alpha = 0 \text{ at first}",
        start="identity",
        use="Deep networks without norms. Leave the number out of weight decay.",
        paper="Bachlechner et al., ReZero is All You Need, 2020, equation 2",
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
        paper="Huang et al., Deep Networks with Stochastic Depth, 2016, equations 2, 5",
        link="https://arxiv.org/abs/1603.09382",
        code="kr.Residual([kr.conv(4), kr.drop_path(0.3, seed=1)])",
    ),
)
