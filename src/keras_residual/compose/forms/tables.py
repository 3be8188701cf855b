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
    Form(
        name="blocks.gated_residual",
        title="Gated residual network of TFT",
        equation=r"y = N(S(x) + \sigma(W_4 h) \odot (W_5 h)), \quad "
        r"h = W_1\, \mathrm{ELU}(W_2 x + W_3 c)",
        start="no identity",
        use="Features and steps of which some may not matter.",
        paper="Lim et al., Temporal Fusion Transformers for Interpretable "
        "Multi-horizon Time Series Forecasting, 2019",
        link="https://arxiv.org/abs/1912.09363",
        code="kr.blocks.gated_residual(8)",
        shape=(8,),
    ),
    Form(
        name="blocks.tide",
        title="TiDE residual block",
        equation=r"y = N(W_r x + \mathrm{Drop}(W_b\, \mathrm{ReLU}(W_a x)))",
        start="no identity",
        use="Encoders and decoders of forecasts.",
        paper="Das et al., Long-term Forecasting with TiDE: Time-series Dense Encoder, "
        "2023",
        link="https://arxiv.org/abs/2304.08424",
        code="kr.blocks.tide(6)",
        shape=(8,),
    ),
    Form(
        name="blocks.nbeats",
        title="N-BEATS, doubly residual",
        equation=r"x_{l+1} = x_l - V_b W_b h_l, \quad y = \sum_l V_f W_f h_l, \quad "
        r"h_l = \mathrm{FC}_l(x_l)",
        start="no identity",
        use="Forecasts of single series.",
        paper="Oreshkin et al., N-BEATS: Neural basis expansion analysis for "
        "interpretable time series forecasting, 2019",
        link="https://arxiv.org/abs/1905.10437",
        code="kr.blocks.nbeats(3, 6, theta=4, layers=2)",
        shape=(8,),
        unit="subtract",
    ),
    Form(
        name="blocks.nbeats, interpretable",
        title="N-BEATS of trends and seasons",
        equation=r"x_{l+1} = x_l - V_b W_b h_l, \quad y = \sum_l V_f W_f h_l, \quad "
        r"V = [1, t, \dots, t^p], \quad "
        r"V = [1, \cos(2 \pi i t), \dots, \sin(2 \pi i t), \dots]",
        start="no identity",
        use="Forecasts that are to be read: what is trend in them, and what season.",
        paper="Oreshkin et al., N-BEATS: Neural basis expansion analysis for "
        "interpretable time series forecasting, 2019, section 3.3",
        link="https://arxiv.org/abs/1905.10437",
        code='kr.blocks.nbeats(6, 6, blocks=1, layers=2, basis=("trend", '
        '"seasonality"))',
        shape=(8,),
        unit="subtract",
        lacks="Keras has no layer of fixed functions of time",
    ),
)
