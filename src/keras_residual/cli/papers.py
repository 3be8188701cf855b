"""What the networks are, and the papers that have them."""

from __future__ import annotations

from typing import NamedTuple


class Paper(NamedTuple):
    """Where networks were published.

    Attributes:
        what: What they are, one sentence.
        title: The paper's title.
        link: Its address.
    """

    what: str
    title: str
    link: str


def _arxiv(what: str, title: str, number: str) -> Paper:
    return Paper(what, title, f"https://arxiv.org/abs/{number}")


DING, GORISHNIY, HE_2015, HE_2016 = (
    "Ding et al. 2021",
    "Gorishniy et al. 2021",
    "He et al. 2015",
    "He et al. 2016",
)
HU, HUANG, LIU, MA = (
    "Hu et al. 2017",
    "Huang et al. 2016",
    "Liu et al. 2022",
    "Ma et al. 2018",
)
RONNEBERGER, SANDLER, TAN, TROCKMAN = (
    "Ronneberger et al. 2015",
    "Sandler et al. 2018",
    "Tan & Le 2019",
    "Trockman & Kolter 2022",
)
VASU, WOO, XIE, ZAGORUYKO = (
    "Vasu et al. 2022",
    "Woo et al. 2023",
    "Xie et al. 2016",
    "Zagoruyko & Komodakis 2016",
)

BAI, DOSOVITSKIY, FAWAZ, RADFORD = (
    "Bai et al. 2018",
    "Dosovitskiy et al. 2020",
    "Fawaz et al. 2019",
    "Radford et al. 2019",
)
OORD, TOLSTIKHIN, TURC, WANG = (
    "van den Oord et al. 2016",
    "Tolstikhin et al. 2021",
    "Turc et al. 2019",
    "Wang et al. 2016",
)

PAPERS: dict[str, Paper] = {
    BAI: _arxiv(
        "Causal convolutions that see twice as far each block.",
        "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for "
        "Sequence Modeling",
        "1803.01271",
    ),
    DOSOVITSKIY: _arxiv(
        "A transformer of patches.",
        "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
        "2010.11929",
    ),
    FAWAZ: _arxiv(
        "Convolutions of several lengths side by side, for time series.",
        "InceptionTime: Finding AlexNet for Time Series Classification",
        "1909.04939",
    ),
    RADFORD: Paper(
        "A causal transformer with the norms before its branches.",
        "Language Models are Unsupervised Multitask Learners",
        "https://cdn.openai.com/better-language-models/"
        "language_models_are_unsupervised_multitask_learners.pdf",
    ),
    OORD: _arxiv(
        "Gated causal convolutions; what all layers found is added up.",
        "WaveNet: A Generative Model for Raw Audio",
        "1609.03499",
    ),
    TOLSTIKHIN: _arxiv(
        "Patches and channels, mixed by dense layers in turn.",
        "MLP-Mixer: An all-MLP Architecture for Vision",
        "2105.01601",
    ),
    TURC: _arxiv(
        "Transformers as small as small BERTs; here norms come before branches.",
        "Well-Read Students Learn Better: On the Importance of Pre-training Compact "
        "Models",
        "1908.08962",
    ),
    WANG: _arxiv(
        "Three residual blocks of three convolutions, for time series.",
        "Time Series Classification from Scratch with Deep Neural Networks: A Strong "
        "Baseline",
        "1611.06455",
    ),
    DING: _arxiv(
        "Sums of a 3x3 and a 1x1 convolution and a norm, a plain chain once trained.",
        "RepVGG: Making VGG-style ConvNets Great Again",
        "2101.03697",
    ),
    GORISHNIY: _arxiv(
        "A residual network for the columns of a table.",
        "Revisiting Deep Learning Models for Tabular Data",
        "2106.11959",
    ),
    HE_2015: _arxiv(
        "Residual networks, the activation after the sum.",
        "Deep Residual Learning for Image Recognition",
        "1512.03385",
    ),
    HE_2016: _arxiv(
        "Residual networks whose stream nothing touches, for greater depth.",
        "Identity Mappings in Deep Residual Networks",
        "1603.05027",
    ),
    HU: _arxiv(
        "Residual networks that weigh the channels of each branch.",
        "Squeeze-and-Excitation Networks",
        "1709.01507",
    ),
    HUANG: _arxiv(
        "Each layer reads all before it; few weights, much memory.",
        "Densely Connected Convolutional Networks",
        "1608.06993",
    ),
    LIU: _arxiv(
        "Large depthwise kernels, few norms; the default for pictures.",
        "A ConvNet for the 2020s",
        "2201.03545",
    ),
    MA: _arxiv(
        "Half of the channels are carried, then mixed; for small devices.",
        "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design",
        "1807.11164",
    ),
    RONNEBERGER: _arxiv(
        "A map of classes from a picture; each level is carried to the way up.",
        "U-Net: Convolutional Networks for Biomedical Image Segmentation",
        "1505.04597",
    ),
    SANDLER: _arxiv(
        "A narrow stream and wide branches, for small devices.",
        "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
        "1801.04381",
    ),
    TAN: _arxiv(
        "Inverted residuals with squeeze and excitation, grown in all directions.",
        "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
        "1905.11946",
    ),
    TROCKMAN: _arxiv(
        "Patches, mixed by depthwise and pointwise convolutions in turn.",
        "Patches Are All You Need?",
        "2201.09792",
    ),
    VASU: _arxiv(
        "Many paths while trained, a plain chain once trained; for phones.",
        "MobileOne: An Improved One millisecond Mobile Backbone",
        "2206.04040",
    ),
    WOO: _arxiv(
        "ConvNeXt in which channels compete, made for masked pretraining.",
        "ConvNeXt V2: Co-designing and Scaling ConvNets with Masked Autoencoders",
        "2301.00808",
    ),
    XIE: _arxiv(
        "Bottlenecks whose 3x3 convolutions work in groups.",
        "Aggregated Residual Transformations for Deep Neural Networks",
        "1611.05431",
    ),
    ZAGORUYKO: _arxiv(
        "Fewer blocks of more channels.", "Wide Residual Networks", "1605.07146"
    ),
}
