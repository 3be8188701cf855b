"""`keras-residual models`."""

from __future__ import annotations

from keras_residual.cli.start import echo
from keras_residual.train.mistake import no_network

# Building all of them takes two minutes, so what a build gives is written here; a test
# builds them. Trained weights, with the publication's own input and classes.
HE_2015 = "He et al. 2015"
HE_2016 = "He et al. 2016"
CIFAR, IMAGENET = "CIFAR", "ImageNet"
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
    "tabular_resnet": (267_394, "Gorishniy et al. 2021", "tables"),
    "tcn": (66_910, "Bai et al. 2018", "sequences"),
    "time_series_resnet": (503_106, "Wang et al. 2016", "time series"),
    "inception_time": (420_450, "Fawaz et al. 2019", "time series"),
    "transformer_encoder_tiny": (415_618, "Turc et al. 2019", "sequences"),
    "transformer_encoder_small": (12_685_826, "Turc et al. 2019", "sequences"),
    "transformer_decoder_tiny": (6_960_768, "Turc et al. 2019", "tokens"),
    "transformer_decoder_small": (38_866_432, "Turc et al. 2019", "tokens"),
    "transformer_decoder_base": (124_439_808, "Radford et al. 2019", "tokens"),
    "vit_b_16": (86_567_656, "Dosovitskiy et al. 2020", IMAGENET),
    "mixer_b16": (59_880_472, "Tolstikhin et al. 2021", IMAGENET),
}


def models() -> None:
    """Lists the networks that can be trained, their size and their source."""
    echo(f"{'name':<26}{'weights':>12}   source")
    for name, (weights, source, made_for) in CATALOGUE.items():
        echo(f"{name:<26}{weights:>12,}   {source}, {made_for}")


def must_be_network(name: str | None) -> None:
    """Refuses a name that is not listed, before Keras is imported.

    Args:
        name: The name; None for what suits the data.

    Raises:
        InputError: Names the nearest ones.
    """
    if name is not None and name not in CATALOGUE:
        raise no_network(name, CATALOGUE)
