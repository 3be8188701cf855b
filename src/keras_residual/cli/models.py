"""`keras-residual models`."""

from __future__ import annotations

import fnmatch
from typing import Annotated

import typer

from keras_residual.cli.papers import (
    BAI,
    DING,
    DOSOVITSKIY,
    FAWAZ,
    GORISHNIY,
    HE_2015,
    HE_2016,
    HU,
    HUANG,
    LIU,
    MA,
    OORD,
    PAPERS,
    RADFORD,
    RONNEBERGER,
    SANDLER,
    TAN,
    TOLSTIKHIN,
    TROCKMAN,
    TURC,
    VASU,
    WANG,
    WOO,
    XIE,
    ZAGORUYKO,
)
from keras_residual.cli.start import echo
from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import closest
from keras_residual.train.mistake import no_network

# Building all of them takes two minutes, so what a build gives is written here; a test
# builds them. Trained weights, with the publication's own input and classes.
CIFAR, IMAGENET, SEGMENTS = "CIFAR", "ImageNet", "segmentation"
CATALOGUE = {
    "resnet8": (75_290, HE_2015, CIFAR),
    "resnet20": (269_722, HE_2015, CIFAR),
    "resnet32": (464_154, HE_2015, CIFAR),
    "resnet44": (658_586, HE_2015, CIFAR),
    "resnet56": (853_018, HE_2015, CIFAR),
    "resnet110": (1_727_962, HE_2015, CIFAR),
    "resnet1202": (19_421_274, HE_2015, CIFAR),
    "resnet8_v2": (77_850, HE_2016, CIFAR),
    "resnet20_v2": (272_282, HE_2016, CIFAR),
    "resnet32_v2": (466_714, HE_2016, CIFAR),
    "resnet44_v2": (661_146, HE_2016, CIFAR),
    "resnet56_v2": (855_578, HE_2016, CIFAR),
    "resnet110_v2": (1_730_522, HE_2016, CIFAR),
    "resnet164_v2": (1_703_258, HE_2016, CIFAR),
    "resnet1001_v2": (10_327_706, HE_2016, CIFAR),
    "resnet18": (11_689_512, HE_2015, IMAGENET),
    "resnet18_v2": (11_687_720, HE_2016, IMAGENET),
    "resnet34": (21_797_672, HE_2015, IMAGENET),
    "resnet34_v2": (21_795_880, HE_2016, IMAGENET),
    "resnet50": (25_557_032, HE_2015, IMAGENET),
    "resnet50_v2": (25_549_352, HE_2016, IMAGENET),
    "resnet101": (44_549_160, HE_2015, IMAGENET),
    "resnet101_v2": (44_541_480, HE_2016, IMAGENET),
    "resnet152": (60_192_808, HE_2015, IMAGENET),
    "resnet152_v2": (60_185_128, HE_2016, IMAGENET),
    "resnext50_32x4d": (25_028_904, XIE, IMAGENET),
    "resnext101_32x8d": (88_791_336, XIE, IMAGENET),
    "wide_resnet50_2": (68_883_240, ZAGORUYKO, IMAGENET),
    "wide_resnet101_2": (126_886_696, ZAGORUYKO, IMAGENET),
    "se_resnet50": (28_088_024, HU, IMAGENET),
    "se_resnet101": (49_326_872, HU, IMAGENET),
    "wide_resnet28_10": (36_479_194, ZAGORUYKO, CIFAR),
    "densenet121": (7_978_856, HUANG, IMAGENET),
    "densenet161": (28_681_000, HUANG, IMAGENET),
    "densenet169": (14_149_480, HUANG, IMAGENET),
    "densenet201": (20_013_928, HUANG, IMAGENET),
    "mobilenet_v2": (3_504_872, SANDLER, IMAGENET),
    "efficientnet_b0": (5_288_548, TAN, IMAGENET),
    "efficientnet_b1": (7_794_184, TAN, IMAGENET),
    "efficientnet_b2": (9_109_994, TAN, IMAGENET),
    "efficientnet_b3": (12_233_232, TAN, IMAGENET),
    "efficientnet_b4": (19_341_616, TAN, IMAGENET),
    "efficientnet_b5": (30_389_784, TAN, IMAGENET),
    "efficientnet_b6": (43_040_704, TAN, IMAGENET),
    "efficientnet_b7": (66_347_960, TAN, IMAGENET),
    "convnext_tiny": (28_589_128, LIU, IMAGENET),
    "convnext_small": (50_223_688, LIU, IMAGENET),
    "convnext_base": (88_591_464, LIU, IMAGENET),
    "convnext_large": (197_767_336, LIU, IMAGENET),
    "convnext_v2_atto": (3_708_400, WOO, IMAGENET),
    "convnext_v2_femto": (5_233_240, WOO, IMAGENET),
    "convnext_v2_pico": (9_066_280, WOO, IMAGENET),
    "convnext_v2_nano": (15_623_800, WOO, IMAGENET),
    "convnext_v2_tiny": (28_635_496, WOO, IMAGENET),
    "convnext_v2_base": (88_717_800, WOO, IMAGENET),
    "convnext_v2_large": (197_956_840, WOO, IMAGENET),
    "shufflenet_v2_x0_5": (1_366_792, MA, IMAGENET),
    "shufflenet_v2_x1_0": (2_278_604, MA, IMAGENET),
    "shufflenet_v2_x1_5": (3_503_624, MA, IMAGENET),
    "shufflenet_v2_x2_0": (7_393_996, MA, IMAGENET),
    "repvgg_a0": (9_108_968, DING, IMAGENET),
    "repvgg_a1": (14_092_264, DING, IMAGENET),
    "repvgg_a2": (28_210_600, DING, IMAGENET),
    "repvgg_b0": (15_817_960, DING, IMAGENET),
    "repvgg_b1": (57_415_016, DING, IMAGENET),
    "mobileone_s0": (5_293_272, VASU, IMAGENET),
    "mobileone_s1": (4_825_192, VASU, IMAGENET),
    "mobileone_s2": (7_884_648, VASU, IMAGENET),
    "mobileone_s3": (10_170_600, VASU, IMAGENET),
    "convmixer_768_32": (21_110_248, TROCKMAN, IMAGENET),
    "convmixer_1024_20": (24_383_464, TROCKMAN, IMAGENET),
    "convmixer_1536_20": (51_625_960, TROCKMAN, IMAGENET),
    "unet": (31_030_658, RONNEBERGER, SEGMENTS),
    "tabular_resnet": (267_394, GORISHNIY, "tables"),
    "tcn": (66_910, BAI, "sequences"),
    "time_series_resnet": (503_106, WANG, "time series"),
    "inception_time": (420_450, FAWAZ, "time series"),
    "transformer_encoder_tiny": (415_618, TURC, "sequences"),
    "transformer_encoder_small": (12_685_826, TURC, "sequences"),
    "transformer_decoder_tiny": (6_960_768, TURC, "tokens"),
    "transformer_decoder_small": (38_866_432, TURC, "tokens"),
    "transformer_decoder_base": (124_439_808, RADFORD, "tokens"),
    "wavenet": (556_864, OORD, "tokens"),
    "vit_b_16": (86_567_656, DOSOVITSKIY, IMAGENET),
    "mixer_b16": (59_880_472, TOLSTIKHIN, IMAGENET),
}


def models(
    pattern: Annotated[
        str,
        typer.Argument(help="A name, or a pattern of names such as 'conv*'."),
    ] = "*",
) -> None:
    """Lists the networks that can be built, their size and source, or tells of one."""
    found = fnmatch.filter(CATALOGUE, pattern)
    if not found:
        raise ResidualError(
            "models: there is no such network.",
            given=pattern,
            needed="`keras-residual models` lists them; a pattern has stars.",
            write=f"keras-residual models {closest(pattern, CATALOGUE)}",
        )
    echo(f"{'name':<26}{'weights':>12}   source")
    for name in found:
        weights, source, made_for = CATALOGUE[name]
        echo(f"{name:<26}{weights:>12,}   {source}, {made_for}")
    if pattern != "*":
        for source in dict.fromkeys(CATALOGUE[name][1] for name in found):
            paper = PAPERS[source]
            echo(f"\n{paper.what}\n{source}, {paper.title}, {paper.link}")


def must_be_network(name: str | None) -> None:
    """Refuses a name that is not listed, before Keras is imported.

    Args:
        name: The name; None for what suits the data.

    Raises:
        InputError: Names the closest ones.
    """
    if name is not None and name not in CATALOGUE:
        raise no_network(name, CATALOGUE)
