"""Sub-layers of transformers, mixers and graphs."""

from keras_residual.compose.forms.form import Form

_ATTENTION = "Vaswani et al., Attention Is All You Need, 2017"
_ATTENTION_LINK = "https://arxiv.org/abs/1706.03762"
_MLP = "kr.blocks.sublayer(kr.parts.mlp(16), placement"
_ATTEND = "kr.blocks.sublayer(kr.parts.attention(2))"
_ATTENDING = "Keras has no attention without projections"
_STEPS = (5, 8)

TRANSFORMERS: tuple[Form, ...] = (
    Form(
        name="parts.attention",
        title="Self-attention branch",
        equation=r"F(x) = W_O\, \mathrm{softmax}(Q K^\top / \sqrt{d})\, V",
        start="no identity",
        use="Sequences whose steps are to read each other.",
        paper=_ATTENTION,
        link=_ATTENTION_LINK,
        code='kr.Residual([kr.norm("layer"), kr.parts.attention(2, causal=True)])',
        shape=_STEPS,
    ),
    Form(
        name="parts.attention, grouped queries",
        title="Grouped-query attention",
        equation=r"F(x) = W_O\, \mathrm{softmax}(Q K_{g}^\top / \sqrt{d})\, V_{g}",
        start="no identity",
        use="Decoders that keep keys and values: fewer heads of these are kept.",
        paper="Ainslie et al., GQA: Training Generalized Multi-Query Transformer "
        "Models, 2023",
        link="https://arxiv.org/abs/2305.13245",
        code='kr.Residual([kr.norm("layer"), kr.parts.attention(4, groups=2)])',
        shape=_STEPS,
    ),
    Form(
        name="parts.mlp",
        title="Perceptron branch",
        equation=r"F(x) = W_2\, \mathrm{GELU}(W_1 x + b_1) + b_2",
        start="no identity",
        use="The second branch of a transformer.",
        paper=f"{_ATTENTION}, equation 2, with GELU for its ReLU",
        link=_ATTENTION_LINK,
        code='kr.Residual([kr.norm("layer"), kr.parts.mlp(16)])',
        shape=_STEPS,
    ),
    Form(
        name="blocks.sublayer, pre-norm",
        title="Pre-norm sub-layer",
        equation=r"y = x + F(N(x))",
        start="no identity",
        use="The default: it trains without warm-up, and wants a norm at the end.",
        paper="Xiong et al., On Layer Normalization in the Transformer Architecture, "
        "2020, figure 1",
        link="https://arxiv.org/abs/2002.04745",
        code=f'{_MLP}="pre")',
        shape=_STEPS,
    ),
    Form(
        name="blocks.sublayer, post-norm",
        title="Post-norm sub-layer",
        equation=r"y = N(x + F(x))",
        start="no identity",
        use="The original; it needs a warm-up of the learning rate.",
        paper=_ATTENTION,
        link=_ATTENTION_LINK,
        code=f'{_MLP}="post")',
        shape=_STEPS,
    ),
    Form(
        name="blocks.sublayer, res-post-norm",
        title="Res-post-norm sub-layer",
        equation=r"y = x + N(F(x))",
        start="no identity",
        use="Large networks whose streams grow too much with pre-norm.",
        paper="Liu et al., Swin Transformer V2: Scaling Up Capacity and Resolution, "
        "2021",
        link="https://arxiv.org/abs/2111.09883",
        code=f'{_MLP}="res_post")',
        shape=_STEPS,
    ),
    Form(
        name="blocks.sublayer, sandwich norm",
        title="Sandwich norm (peri-norm)",
        equation=r"y = x + N_2(F(N_1(x)))",
        start="no identity",
        use="Where pre-norm overflows in half precision; Gemma 2 and 3 have it, too.",
        paper="Ding et al., CogView: Mastering Text-to-Image Generation via "
        "Transformers, 2021; Kim et al., Peri-LN, 2025",
        link="https://arxiv.org/abs/2105.13290",
        code=f'{_MLP}="sandwich")',
        shape=_STEPS,
    ),
    Form(
        name="blocks.sublayer, DeepNorm",
        title="DeepNorm",
        equation=r"y = N(\alpha x + F(x)), \quad \alpha = (2 N)^{1/4}",
        start="no identity",
        use="Post-norm of hundreds of layers; its kernels start smaller, too.",
        paper="Wang et al., DeepNet: Scaling Transformers to 1,000 Layers, 2022",
        link="https://arxiv.org/abs/2203.00555",
        code=f'{_MLP}="deepnorm", depth=8)',
        shape=_STEPS,
    ),
    Form(
        name="blocks.sublayer, SubLN",
        title="SubLN",
        equation=r"y = x + W_2\, N_2(\phi(W_1 N_1(x)))",
        start="no identity",
        use="Pre-norm whose inner activations grow too much; not with DeepNorm.",
        paper="Wang et al., Foundation Transformers, 2022",
        link="https://arxiv.org/abs/2210.06423",
        code='kr.blocks.sublayer(kr.parts.mlp(16, norm="layer"))',
        shape=_STEPS,
    ),
    Form(
        name="parts.attention, SubLN",
        title="SubLN of attention",
        equation=r"y = x + W_O\, N_2(\mathrm{softmax}(Q K^\top / \sqrt{d})\, V), "
        r"\quad Q, K, V = W N_1(x)",
        start="no identity",
        use="The attention beside the perceptron of SubLN.",
        paper="Wang et al., Foundation Transformers, 2022",
        link="https://arxiv.org/abs/2210.06423",
        code='kr.blocks.sublayer(kr.parts.attention(2, norm="layer"))',
        shape=_STEPS,
        lacks=_ATTENDING,
    ),
    Form(
        name="parts.value_residual",
        title="Value residual (ResFormer)",
        equation=r"V_l' = a_l V_1 + b_l V_l, \quad "
        r"y_l = W_O\, \mathrm{softmax}(Q_l K_l^\top / \sqrt{d})\, V_l'",
        start="no identity",
        use="Deep transformers whose later layers forget the tokens.",
        paper="Zhou et al., Value Residual Learning, 2024",
        link="https://arxiv.org/abs/2410.17897",
        code=f"kr.parts.value_residual([{_ATTEND}] * 3)",
        shape=_STEPS,
        unit="history",
        lacks=_ATTENDING,
    ),
    Form(
        name="parts.value_residual, shared",
        title="Shared values (SVFormer)",
        equation=r"V_l' = V_1",
        start="no identity",
        use="Decoders that keep keys and values: nearly half as much is kept.",
        paper="Zhou et al., Value Residual Learning, 2024",
        link="https://arxiv.org/abs/2410.17897",
        code=f'kr.parts.value_residual([{_ATTEND}] * 2, mix="shared")',
        shape=_STEPS,
        lacks=_ATTENDING,
    ),
    Form(
        name="blocks.transformer",
        title="Transformer block",
        equation=r"z = x + \mathrm{Attn}(N_1(x)), \quad y = z + \mathrm{MLP}(N_2(z))",
        start="no identity",
        use="Sequences, patches of images, tokens.",
        paper=f"{_ATTENTION}; its norms before the branches: Xiong et al., On Layer "
        "Normalization in the Transformer Architecture, 2020",
        link=_ATTENTION_LINK,
        code="kr.blocks.transformer(2, 16)",
        shape=_STEPS,
    ),
    Form(
        name="blocks.parallel_transformer",
        title="Parallel attention and perceptron",
        equation=r"y = x + \mathrm{Attn}(N(x)) + \mathrm{MLP}(N(x))",
        start="no identity",
        use="Large networks, where one large product is faster than two.",
        paper="Chowdhery et al., PaLM: Scaling Language Modeling with Pathways, 2022",
        link="https://arxiv.org/abs/2204.02311",
        code="kr.blocks.parallel_transformer(2, 16)",
        shape=_STEPS,
    ),
    Form(
        name="blocks.macaron",
        title="Macaron block",
        equation=r"y_1 = x + \frac{1}{2} F_1(N_1(x)), \quad "
        r"y_2 = y_1 + \mathrm{Attn}(N_2(y_1)), \quad "
        r"y = y_2 + \frac{1}{2} F_2(N_3(y_2))",
        start="no identity",
        use="Speech, as in Conformers.",
        paper="Lu et al., Understanding and Improving Transformer From a "
        "Multi-Particle Dynamic System Point of View, 2019; Gulati et al., Conformer, "
        "2020",
        link="https://arxiv.org/abs/1906.02762",
        code="kr.blocks.macaron(2, 16)",
        shape=_STEPS,
    ),
    Form(
        name="blocks.mixer",
        title="MLP-Mixer",
        equation=r"u = x + (W_2\, \phi(W_1 N_1(x)^\top))^\top, \quad "
        r"y = u + W_4\, \phi(W_3 N_2(u))",
        start="no identity",
        use="Patches of images of one size, where attention costs too much.",
        paper="Tolstikhin et al., MLP-Mixer: An all-MLP Architecture for Vision, 2021",
        link="https://arxiv.org/abs/2105.01601",
        code="kr.blocks.mixer(6, 16)",
        shape=_STEPS,
    ),
    Form(
        name="blocks.res_mlp",
        title="ResMLP",
        equation=r"u = x + \gamma_1 \odot (W A_1(x)^\top)^\top, \quad "
        r"y = u + \gamma_2 \odot W_2\, \phi(W_1 A_2(u))",
        start="identity to within 1e-3, about ten times `initial`",
        use="As `mixer`, without any norm.",
        paper="Touvron et al., ResMLP: Feedforward networks for image classification "
        "with data-efficient training, 2021",
        link="https://arxiv.org/abs/2105.03404",
        code="kr.blocks.res_mlp(16)",
        shape=_STEPS,
    ),
    Form(
        name="blocks.gcnii",
        title="GCNII step",
        equation=r"y = \mathrm{ReLU}(((1 - \alpha) P x + \alpha x_0)"
        r"((1 - \beta_l) I + \beta_l W)), \quad \beta_l = \log(\lambda / l + 1)",
        start="no identity",
        use="Nodes of graphs, at depths where plain graph convolutions all look alike.",
        paper="Chen et al., Simple and Deep Graph Convolutional Networks, 2020",
        link="https://arxiv.org/abs/2007.02133",
        code="lambda x: kr.blocks.gcnii(x, keras.layers.Dot("
        "1 if keras.config.image_data_format() == 'channels_first' else 2, name='graph'"
        ")([x, x]), layer=2)(x)",
        shape=_STEPS,
    ),
)
