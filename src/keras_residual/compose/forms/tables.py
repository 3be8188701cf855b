"""Blocks for tables and features."""

from keras_residual.compose.forms.form import Form

TABLES: tuple[Form, ...] = (
    Form(
        name="blocks.tabular",
        title="ResNet for tables",
        equation=r"y = x + W_2\, \mathrm{ReLU}(W_1\, \mathrm{BN}(x))",
        start="no identity",
        use="Tables of numbers, 2 to 8 blocks.",
        paper="Gorishniy et al., Revisiting Deep Learning Models for Tabular Data, "
        "2021, section 3.2",
        link="https://arxiv.org/abs/2106.11959",
        code="kr.blocks.tabular(8, dropout_rate=0.1)",
        shape=(8,),
    ),
)
