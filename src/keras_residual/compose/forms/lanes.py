"""Connections of streams of several lanes, and their baselines."""

from keras_residual.compose.forms.form import Form


def connected(via: str, branch: str = "kr.conv(8, 1)") -> str:
    """Returns the code that connects two branches.

    Args:
        via: The connection.
        branch: Each branch.
    """
    return f"lambda x: kr.connect(x, [{branch}, {branch}], via=kr.connections.{via})"


_LACKS = "Keras has no layer that mixes lanes"

LANES: tuple[Form, ...] = (
    Form(
        name="connections.plain",
        title="Sums, one after the other",
        equation=r"x_{l+1} = x_l + F_l(x_l)",
        start="no identity, unless the branches start at zero",
        use="The baseline of every other connection.",
        paper="He et al., Identity Mappings in Deep Residual Networks, 2016, eq. 3",
        link="https://arxiv.org/abs/1603.05027",
        code=connected("plain()"),
        shape=(5, 8),
    ),
    Form(
        name="connections.dense",
        title="Dense connectivity",
        equation=r"x_{l+1} = [x_l, F_l(x_l)]",
        start="no identity, the input is in the first channels",
        use="Few channels a branch, which all later ones read; memory grows with the "
        "square of the depth.",
        paper="Huang et al., Densely Connected Convolutional Networks, 2016, eq. 2",
        link="https://arxiv.org/abs/1608.06993",
        code=connected("dense()", "kr.conv(3, 1)"),
        shape=(5, 8),
        unit="concatenate",
    ),
    Form(
        name="connections.hyper",
        title="Dynamic hyper-connections",
        equation=r"H' = B(H)^\top F(A_m(H)^\top H)^\top + A_r(H)^\top H",
        start="no identity, n times the chain of sums",
        use="Deep transformers, where n streams fit into memory; a norm follows.",
        paper="Zhu et al., Hyper-Connections, 2024",
        link="https://arxiv.org/abs/2409.19606",
        code=connected("hyper(streams=2)"),
        shape=(5, 8),
        unit="streams",
        lacks=_LACKS,
    ),
    Form(
        name="connections.hyper, static",
        title="Static hyper-connections",
        equation=r"H' = B^\top F(A_m^\top H)^\top + A_r^\top H",
        start="no identity, n times the chain of sums",
        use="As the dynamic ones, with a few numbers a branch.",
        paper="Zhu et al., Hyper-Connections, 2024",
        link="https://arxiv.org/abs/2409.19606",
        code=connected("hyper(streams=2, dynamic=False)"),
        shape=(5, 8),
        unit="streams",
        lacks=_LACKS,
    ),
    Form(
        name="connections.fractional",
        title="Dynamic frac-connections",
        equation=r"H' = \mathrm{diag}(b(H))\, F(Y(H)^\top H) + A(H)^\top H, \quad "
        r"H = \mathrm{reshape}(x, m \times d/m)",
        start="no identity, the chain of sums",
        use="Lanes that cost no memory: the channels themselves, cut.",
        paper="Zhu et al., Frac-Connections: Fractional Extension of "
        "Hyper-Connections, 2025",
        link="https://arxiv.org/abs/2503.14125",
        code=connected("fractional()"),
        shape=(5, 8),
        unit="streams",
        lacks=_LACKS,
    ),
    Form(
        name="connections.fractional, static",
        title="Static frac-connections",
        equation=r"H' = \mathrm{diag}(b)\, F(Y^\top H) + A^\top H, \quad "
        r"H = \mathrm{reshape}(x, m \times d/m)",
        start="no identity, the chain of sums",
        use="As the dynamic ones, with a few numbers a branch.",
        paper="Zhu et al., Frac-Connections: Fractional Extension of "
        "Hyper-Connections, 2025",
        link="https://arxiv.org/abs/2503.14125",
        code=connected("fractional(dynamic=False)"),
        shape=(5, 8),
        unit="streams",
        lacks=_LACKS,
    ),
    Form(
        name="connections.mhc",
        title="Manifold-constrained hyper-connections",
        equation=r"X' = H_{res} X + H_{post}^\top F(H_{pre} X), \quad "
        r"H_{res} = \mathrm{Sinkhorn}(\exp \tilde H_{res})",
        start="no identity, nearly n times the chain of sums",
        use="Where hyper-connections are unstable: no product of mixings amplifies.",
        paper="Xie et al., mHC: Manifold-Constrained Hyper-Connections, 2025",
        link="https://arxiv.org/abs/2512.24880",
        code=connected("mhc(streams=2)"),
        shape=(5, 8),
        unit="streams",
        lacks=_LACKS,
    ),
    Form(
        name="connections.mhc, identity",
        title="mHC without mixing",
        equation=r"X' = X + H_{post}^\top F(H_{pre} X)",
        start="no identity, nearly n times the chain of sums",
        use="To see what the mixing is worth: lanes that only branches write into.",
        paper="Xie et al., mHC: Manifold-Constrained Hyper-Connections, 2025",
        link="https://arxiv.org/abs/2512.24880",
        code=connected('mhc(streams=2, mixing="identity")'),
        shape=(5, 8),
        unit="streams",
        lacks=_LACKS,
    ),
    Form(
        name="connections.mhc, permutations",
        title="mHC-lite",
        equation=r"H_{res} = \sum_k \mathrm{softmax}(\tilde h)_k P_k",
        start="no identity, nearly n times the chain of sums",
        use="Two to four lanes: doubly stochastic exactly, and without rounds.",
        paper="Yang & Gao, mHC-lite: You Don't Need 20 Sinkhorn-Knopp Iterations, 2026",
        link="https://arxiv.org/abs/2601.05732",
        code=connected('mhc(streams=2, mixing="permutations")'),
        shape=(5, 8),
        unit="streams",
        lacks=_LACKS,
    ),
    Form(
        name="connections.gated",
        title="Gated-residual hyper-connections",
        equation=r"X_s' = X_s + 2\sigma(W_{inj} u)_s\, F(\frac{1}{n} \sum_s g_s u_s), "
        r"\quad u_s = (1 + w_s)\, \mathrm{RMSNorm}(X_s)",
        start="no identity",
        use="Lanes without any mixing; branches need no norm of their own.",
        paper="No paper: GatedResidual of Qwen's models, as in vLLM, 2026",
        link="https://github.com/vllm-project/vllm",
        code=connected("gated(streams=2, rank=3)"),
        shape=(5, 8),
        unit="streams",
        lacks=_LACKS,
    ),
)
