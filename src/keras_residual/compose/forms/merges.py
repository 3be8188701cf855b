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
    Form(
        name="merges.average",
        title="Mean",
        equation=r"y = \frac{1}{2}(S(x) + F(x))",
        start="no identity",
        use="Paths of equal rank, as in FractalNet; it halves the shortcut each time.",
        paper="Larsson et al., FractalNet, 2016, section 3",
        link="https://arxiv.org/abs/1605.07648",
        code='kr.Residual(kr.conv(4), merge="average")',
        unit="average",
    ),
    Form(
        name="merges.concatenate",
        title="Concatenation",
        equation=r"y = [S(x), F(x)]",
        start="no identity",
        use="Features that later layers are to read as they are; the width grows.",
        paper="Huang et al., Densely Connected Convolutional Networks, 2016, "
        "equation 2",
        link="https://arxiv.org/abs/1608.06993",
        code='kr.Residual(kr.conv(3), merge="concatenate")',
        unit="concatenate",
    ),
    Form(
        name="merges.multiply",
        title="Product",
        equation=r"y = S(x) \odot F(x)",
        start="no identity",
        use="Branches that end in a sigmoid and gate their input.",
        paper="Hu et al., Squeeze-and-Excitation Networks, 2017, equation 4",
        link="https://arxiv.org/abs/1709.01507",
        code='kr.Residual(kr.conv(4, activation="sigmoid"), merge="multiply")',
        unit="",
    ),
    Form(
        name="merges.gate",
        title="Highway",
        equation=r"y = T \odot F(x) + (1 - T) \odot x, \quad T = \sigma(W_T x + b_T)",
        start="no identity",
        use="Deep networks before there were shortcuts; a bias near zero loses the "
        "signal.",
        paper="Srivastava et al., Highway Networks, 2015, equation 3",
        link="https://arxiv.org/abs/1505.00387",
        code='kr.Residual(kr.conv(4, activation="relu"), merge="gate")',
    ),
    Form(
        name="merges.two_gates",
        title="Highway with two gates",
        equation=r"y = T \odot F(x) + C \odot x",
        start="no identity",
        use="Highways whose two gates need not add up to one.",
        paper="Srivastava et al., Highway Networks, 2015, equation 2",
        link="https://arxiv.org/abs/1505.00387",
        code='kr.Residual(kr.conv(4), merge="two_gates")',
    ),
    Form(
        name="merges.gru_gate",
        title="GRU gate (GTrXL)",
        equation=r"y = (1 - z) \odot x + z \odot h, \quad "
        r"r = \sigma(W_r F + U_r x), \quad z = \sigma(W_z F + U_z x - b), \quad "
        r"h = \tanh(W_g F + U_g (r \odot x))",
        start="no identity",
        use="Transformers in reinforcement learning; six matrices a gate.",
        paper="Parisotto et al., Stabilizing Transformers for Reinforcement Learning, "
        "2019",
        link="https://arxiv.org/abs/1910.06764",
        code='kr.Residual([kr.conv(4), "relu"], merge="gru_gate")',
        shape=(9, 4),
    ),
    Form(
        name="merges.fusion",
        title="Fast normalised fusion (BiFPN)",
        equation=r"y = \sum_i \frac{\mathrm{ReLU}(w_i)}"
        r"{\sum_j \mathrm{ReLU}(w_j) + \epsilon} x_i, \quad w = 1 \text{ at first}",
        start="no identity",
        use="Features of several scales, whose worth is to be learned.",
        paper="Tan et al., EfficientDet: Scalable and Efficient Object Detection, 2019",
        link="https://arxiv.org/abs/1911.09070",
        code='kr.Residual(kr.conv(4), merge="fusion")',
        lacks="Keras has no sum with learned shares",
    ),
    Form(
        name="merges.fusion, softmax",
        title="Softmax-based fusion",
        equation=r"y = \sum_i \frac{e^{w_i}}{\sum_j e^{w_j}} x_i",
        start="no identity",
        use="Where a share must never be zero.",
        paper="Tan et al., EfficientDet: Scalable and Efficient Object Detection, 2019",
        link="https://arxiv.org/abs/1911.09070",
        code='kr.Residual(kr.conv(4), merge=kr.merges.fusion("softmax"))',
        lacks="Keras has no sum with learned shares",
    ),
    Form(
        name="merges.shake_shake",
        title="Shake-Shake",
        equation=r"y = x + a F_1(x) + (1 - a) F_2(x), \quad a \sim U(0, 1)",
        start="no identity",
        use="Small pictures and very long training; two branches for one.",
        paper="Gastaldi, Shake-Shake regularization, 2017",
        link="https://arxiv.org/abs/1705.07485",
        code="kr.Residual(kr.parallel([kr.conv(4), kr.conv(4)], "
        "kr.merges.shake_shake(seed=1)))",
        lacks="Keras has no layer that draws apart for the backward pass",
    ),
    Form(
        name="parts.shake_drop",
        title="ShakeDrop",
        equation=r"y = x + (b + a - b a) F(x), \quad "
        r"b \sim \mathrm{Bernoulli}(1 - p), \quad a \sim U(-1, 1)",
        start="no identity",
        use="Deep PyramidNets and ResNets, behind a batch norm, in long training.",
        paper="Yamada et al., ShakeDrop Regularization for Deep Residual Learning, "
        "2018",
        link="https://arxiv.org/abs/1802.02375",
        code='kr.Residual([kr.conv(4, use_bias=False), kr.norm("batch"), '
        "kr.parts.shake_drop(0.5, seed=1)])",
        lacks="Keras has no layer that draws apart for the backward pass",
    ),
    Form(
        name="parts.tanh_gate",
        title="Tanh gate (Flamingo)",
        equation=r"y = x + \tanh(\alpha) F(x), \quad \alpha = 0 \text{ at first}",
        start="identity",
        use="Branches that are put into a trained network.",
        paper="Alayrac et al., Flamingo: a Visual Language Model for Few-Shot "
        "Learning, 2022",
        link="https://arxiv.org/abs/2204.14198",
        code="kr.Residual([kr.conv(4), kr.parts.tanh_gate()])",
        shape=(9, 4),
        lacks="Keras has no layer that holds one learned number",
    ),
    Form(
        name="parts.adaln_zero",
        title="adaLN-Zero",
        equation=r"y = x + g \odot F((1 + s) \odot \mathrm{LN}(x) + b), \quad "
        r"(b, s, g) = W\, \mathrm{SiLU}(c), \quad W = 0 \text{ at first}",
        start="identity",
        use="Networks that are told a time or a class. The condition is a tensor of "
        "its own, or is made of the input, as here.",
        paper="Peebles & Xie, Scalable Diffusion Models with Transformers, 2022",
        link="https://arxiv.org/abs/2212.09748",
        code='kr.Residual(kr.parts.adaln_zero(kr.conv(4), kr.pool("global_average")))',
        shape=(9, 4),
    ),
)
