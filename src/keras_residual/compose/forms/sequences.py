"""Blocks for signals, time series and forecasts."""

from keras_residual.compose.forms.form import Form

_STEPS = (11, 4)
_INCEPTION = "Fawaz et al., InceptionTime: Finding AlexNet for Time Series "
_INCEPTION += "Classification, 2019"
_INCEPTION_LINK = "https://arxiv.org/abs/1909.04939"

SEQUENCES: tuple[Form, ...] = (
    Form(
        name="blocks.tcn",
        title="Temporal convolutional network",
        equation=r"y = \mathrm{ReLU}(S(x) + \phi(W_2 *_d \phi(W_1 *_d x))), "
        r"\quad \phi = \mathrm{Drop} \circ \mathrm{ReLU}, "
        r"\quad W = g\, v / \lVert v \rVert",
        start="no identity",
        use="Sequences where a step may read those before it alone. Double the "
        "dilation from block to block.",
        paper="Bai et al., An Empirical Evaluation of Generic Convolutional and "
        "Recurrent Networks for Sequence Modeling, 2018",
        link="https://arxiv.org/abs/1803.01271",
        code="kr.blocks.tcn(4, 2, dilation_rate=2)",
        shape=_STEPS,
        lacks="Keras has no weight normalisation",
    ),
    Form(
        name="blocks.wavenet",
        title="WaveNet layers and their skips",
        equation=r"z_l = \tanh(W_{f,l} * x_l) \odot \sigma(W_{g,l} * x_l), \quad "
        r"x_{l+1} = x_l + W_{r,l} z_l, \quad y = \sum_l W_{s,l} z_l",
        start="no identity",
        use="Raw audio and other long signals, one step at a time; "
        '`kr.models.build("wavenet")` is the whole network.',
        paper="van den Oord et al., WaveNet: A Generative Model for Raw Audio, 2016",
        link="https://arxiv.org/abs/1609.03499",
        code="kr.blocks.wavenet(3, 5, dilation_rates=(1, 2, 4))",
        shape=_STEPS,
    ),
    Form(
        name="blocks.time_series",
        title="ResNet for time series",
        equation=r"y = \mathrm{ReLU}(N(S(x)) + N(W_3 * \mathrm{ReLU}(N(W_2 * "
        r"\mathrm{ReLU}(N(W_1 * x))))))",
        start="no identity",
        use="Classes of whole time series: a strong baseline, three blocks deep.",
        paper="Wang et al., Time Series Classification from Scratch with Deep Neural "
        "Networks, 2016",
        link="https://arxiv.org/abs/1611.06455",
        code="kr.blocks.time_series(4)",
        shape=_STEPS,
    ),
    Form(
        name="blocks.inception_module",
        title="Module of InceptionTime",
        equation=r"y = \mathrm{ReLU}(N([W_{40} * Bx,\, W_{20} * Bx,\, W_{10} * Bx,\, "
        r"W_1 * \mathrm{MaxPool}_3(x)]))",
        start="no identity",
        use="Inside `inception_time`: kernels of several lengths read alike.",
        paper=_INCEPTION,
        link=_INCEPTION_LINK,
        code="kr.blocks.inception_module(2, kernel_sizes=(8, 4, 2), bottleneck=3)",
        shape=_STEPS,
        unit="",
    ),
    Form(
        name="blocks.inception_time",
        title="Residual block of InceptionTime",
        equation=r"y = \mathrm{ReLU}(N(W_s x) + M_3(M_2(M_1(x))))",
        start="no identity",
        use="Classes of whole time series; two blocks, and five networks that vote.",
        paper=_INCEPTION,
        link=_INCEPTION_LINK,
        code="kr.blocks.inception_time(2, modules=2, kernel_sizes=(8, 4, 2), "
        "bottleneck=3)",
        shape=_STEPS,
    ),
)
